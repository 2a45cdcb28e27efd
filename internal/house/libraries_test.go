package house

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLibrariesHaveReasons holds docs/adr/0002-libraries.md against what is imported, tests included.
func TestLibrariesHaveReasons(t *testing.T) {
	text, err := os.ReadFile("../../docs/adr/0002-libraries.md")
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		known = append(known, m[1])
	}
	missing := map[string]string{}
	for _, p := range packages(t) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			first, _, _ := strings.Cut(path, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(path, module) {
				continue // the standard library's or ours
			}
			if !slices.ContainsFunc(known, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }) {
				missing[path] = p.ImportPath
			}
		}
	}
	for path, by := range missing {
		t.Errorf("%s, imported by %s, has no line in docs/adr/0002-libraries.md", path, by)
	}
}
