// Package acceptance runs the product as its users do: the built programs, as processes of their own, over HTTP, on real
// engines. The same test body runs on the all-in-one and on the three roles in processes of their own. It has tests
// only, and nothing may import it.
package acceptance
