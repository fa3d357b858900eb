package storetest

import (
	"fmt"

	"geodrop/data/mariadbd"
)

// MariaDB is a server to run the contract on. Start it in TestMain: that takes
// some seconds.
type MariaDB = mariadbd.Server

// StartMariaDB starts a server. What is missing is an error that names the
// package to install.
func StartMariaDB() (*MariaDB, error) {
	server, err := mariadbd.Start(mariadbd.Options{})
	if err != nil {
		return nil, fmt.Errorf("the tests need MariaDB: %w", err)
	}
	return server, nil
}
