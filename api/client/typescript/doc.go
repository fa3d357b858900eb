// Package typescript writes the TypeScript client of geodrop: types of the
// schemas of the OpenAPI document, and a class with a method for each operation.
//
//	openapi.json ─► Generate ─┬─ interfaces of the schemas   ─► geodrop.ts
//	runtime.ts ───────────────┴─ methods of the operations
//
// What does not depend on the document, that is attempts, pauses and errors, is
// written by hand in runtime.ts. The result needs fetch and nothing else: it runs
// in browsers, and in Node from version 18 on.
//
// It is no general generator: it knows what our document uses, and refuses the
// rest by name.
package typescript
