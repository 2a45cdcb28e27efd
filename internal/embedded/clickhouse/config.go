package clickhouse

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const (
	defaultConnections = 4
	defaultMaxMemory   = 2 << 30
	minMaxMemory       = 256 << 20
)

// A Config says where the engine keeps its data and how much it may use.
type Config struct {
	// Path is the data folder, created when missing. One process at a time may
	// use it. Empty is refused.
	Path string
	// Library is the path of libchdb; empty means wherever Library finds it.
	Library string
	// Connections is how many statements may run at once; more wait. 0 means 4.
	Connections int
	// MaxMemory bounds, in bytes, what the engine may allocate in all; statements
	// that need more fail with code 241. 0 means 2 GiB, the least is 256 MiB.
	MaxMemory uint64
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	if c.Path == "" {
		errs = append(errs, errors.New("path: must name the data folder"))
	}
	if c.Connections < 0 {
		errs = append(errs, errors.New("connections: must not be negative"))
	}
	if c.MaxMemory != 0 && c.MaxMemory < minMaxMemory {
		errs = append(errs, errors.New("max memory: must be 256 MiB or more"))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.Connections == 0 {
		c.Connections = defaultConnections
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = defaultMaxMemory
	}
	return c
}

// serverConfig is what the engine reads when it starts. New parts are fsynced
// before an INSERT is answered: what was acknowledged survives a power failure.
// Caches, several GiB by default, get an eighth of the memory.
func (c Config) serverConfig() string {
	return fmt.Sprintf(`<clickhouse>
    <max_server_memory_usage>%d</max_server_memory_usage>
    <mark_cache_size>%d</mark_cache_size>
    <uncompressed_cache_size>%d</uncompressed_cache_size>
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
    </merge_tree>
</clickhouse>
`, c.MaxMemory, c.MaxMemory/16, c.MaxMemory/16)
}

// prepareFolder creates the data folder and writes the engine's configuration
// into it. It returns the folder's absolute path and the engine's arguments.
func (c Config) prepareFolder() (path string, arguments []string, err error) {
	path, err = filepath.Abs(c.Path)
	if err != nil {
		return "", nil, fmt.Errorf("resolve data folder: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", nil, fmt.Errorf("create data folder: %w", err)
	}
	if err := folderFree(path); err != nil {
		return "", nil, err
	}
	file := filepath.Join(path, "config.xml")
	if err := os.WriteFile(file, []byte(c.serverConfig()), 0o600); err != nil {
		return "", nil, fmt.Errorf("write engine configuration: %w", err)
	}
	return path, []string{
		"--path=" + path,
		"--config-file=" + file,
		// As a server has them; the library's own defaults are for notebooks.
		"--implicit_select=0",
		"--allow_introspection_functions=0",
	}, nil
}

// folderFree tells whether an engine, of this process or another, holds the
// folder: a running one keeps its status file locked.
func folderFree(path string) error {
	status, err := os.Open(filepath.Join(path, "status"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read data folder: %w", err)
	}
	defer func() { _ = status.Close() }() // which unlocks it
	err = syscall.Flock(int(status.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s: %w", path, ErrDataFolderInUse)
	}
	if err != nil {
		return fmt.Errorf("lock data folder: %w", err)
	}
	return nil
}
