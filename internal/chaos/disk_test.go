package chaos

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// fillDisk fills the disk under the data folder while events come in, frees it again, and restarts the server: what was
// acknowledged stands, and what could not be written was not acknowledged. Where this process may not
// mount a file system the row says so.
func fillDisk(t *testing.T) result {
	t.Helper()
	h := newHouse(t)
	if err := syscall.Mount("tmpfs", h.data, "tmpfs", 0, "size=512m"); err != nil {
		return result{fault: fmt.Sprint("disk full: not tried, mount: ", err)}
	}
	h.healthy()
	defer func() {
		h.server.kill()
		if err := syscall.Unmount(h.data, 0); err != nil {
			t.Error(err)
		}
	}()
	stop := h.load("f")
	h.more(1000)
	filler := filepath.Join(h.data, "filler")
	if err := fill(filler); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	before := len(h.acknowledged())
	<-time.After(away)
	t.Logf("%d events acknowledged while the disk was full", len(h.acknowledged())-before)
	h.server.kill()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.healthy()
	h.more(300)
	stop()
	return h.recount("disk full for 5 s, then kill -9", 1, h.acknowledged())
}

// zeros are without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// fill writes until there is no room.
func fill(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, zeros{})
	return err
}
