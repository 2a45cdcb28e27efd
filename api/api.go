// Package api holds the contract of the HTTP interface, openapi.yaml: written first, served as it stands, and held
// against every request and answer in tests (see apitest). It imports the standard library only.
package api

import _ "embed" // the contract

//go:embed openapi.yaml
var document string

// OpenAPI returns the contract as YAML, in the form of OpenAPI 3.0.
func OpenAPI() []byte { return []byte(document) }
