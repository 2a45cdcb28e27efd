package clickhouse

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	libraryFile   = "libchdb.so"
	systemLibrary = "/usr/lib/milemarker/" + libraryFile
)

// A LibraryMissingError is returned when the engine's shared library is in none
// of the places searched.
type LibraryMissingError struct {
	Searched []string // files looked for, in order
}

func (e *LibraryMissingError) Error() string {
	return fmt.Sprintf("ClickHouse engine library not found; run `make engine` to install it, or set MILEMARKER_ENGINE_LIB to its path (searched: %s)",
		strings.Join(e.Searched, ", "))
}

// Library finds the engine's shared library. An explicit path is the only place
// searched when given. Else it is looked for as `make engine` installs it, under
// engine/node_modules from the working directory upward and from the program's
// folder upward, and at last in /usr/lib/milemarker. The error is a
// *LibraryMissingError when it is nowhere.
func Library(explicit string) (string, error) {
	if explicit != "" {
		return firstFile([]string{explicit})
	}
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if program, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(program))
	}
	return firstFile(places(starts))
}

// places lists where the library may lie, nearest first, each place once.
func places(starts []string) []string {
	installed := filepath.Join("engine", "node_modules", "@chdb", platformPackage(runtime.GOOS, runtime.GOARCH), libraryFile)
	var files []string
	seen := make(map[string]bool)
	for _, dir := range starts {
		for {
			if file := filepath.Join(dir, installed); !seen[file] {
				seen[file] = true
				files = append(files, file)
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return append(files, systemLibrary)
}

// platformPackage names the npm package that carries the library.
func platformPackage(goos, goarch string) string {
	if goarch == "amd64" {
		goarch = "x64"
	}
	name := "lib-" + goos + "-" + goarch
	if goos == "linux" {
		name += "-gnu"
	}
	return name
}

func firstFile(files []string) (string, error) {
	for _, file := range files {
		info, err := os.Stat(file)
		switch {
		case err == nil && info.Mode().IsRegular():
			return file, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("look for engine library: %w", err)
		}
	}
	return "", &LibraryMissingError{Searched: files}
}
