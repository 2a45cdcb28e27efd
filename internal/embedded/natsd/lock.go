//go:build unix

package natsd

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lockFolder creates dir and takes it for this process, until the file returned is closed or the process ends in
// whatever way: the kernel frees the lock. The NATS server itself would let two processes write to one store.
func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrInUse
		}
		return nil, os.NewSyscallError("flock", err)
	}
	return f, nil
}
