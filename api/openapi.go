package api

import (
	_ "embed"
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI is the OpenAPI 3.1 document of every route, to be read only.
func OpenAPI() []byte { return openAPI }
