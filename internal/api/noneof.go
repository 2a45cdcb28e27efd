package api

import (
	"fmt"
	"strings"
)

// noneOf says what is wrong with a value that must be one of some: that it is missing, or that there is no such.
func noneOf[T ~string](given T, there ...T) string {
	names := make([]string, len(there))
	for i, t := range there {
		names[i] = string(t)
	}
	list := strings.Join(names, ", ")
	if given == "" {
		return "is required: one of " + list
	}
	return fmt.Sprintf("is not known: %.100q; there are: %s", string(given), list)
}
