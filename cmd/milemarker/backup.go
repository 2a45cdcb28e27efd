package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"milemarker/internal/assembly"
	"milemarker/internal/backup"
	"milemarker/internal/boot"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

const masterFile = "master.key"

// backupCmd copies the ledger and its keys: by way of the server that runs on the data folder, else directly.
type backupCmd struct {
	boot.Log
	remote
	To            string `required:"" type:"path" help:"Folder to write to, new or empty; on the server's machine."`
	WithMasterKey bool   `help:"Put the file master.key into the backup too. Whoever has the backup can then read everything."`
	NATSURL       string `name:"nats-url" env:"MILEMARKER_NATS_URL" help:"Copy the ledger of this NATS server, instead of that of the data folder."`
	NATSToken     string `name:"nats-token" env:"MILEMARKER_NATS_TOKEN" help:"Token for the NATS server."`
}

// Run writes the backup and says what is in it.
func (c *backupCmd) Run(ctx context.Context) error {
	master := filepath.Join(c.Data, masterFile)
	if c.WithMasterKey {
		if c.Server != "" {
			return errors.New("--with-master-key copies a file of this machine, and --server may be another: copy master.key there")
		}
		if _, err := os.Stat(master); err != nil {
			return fmt.Errorf("--with-master-key: %w", err)
		}
	}
	position, size, err := c.write(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("backed up to %s: up to position %d, %d bytes\n", c.To, position, size)
	if !c.WithMasterKey {
		fmt.Fprintln(os.Stderr, "THE MASTER KEY IS NOT IN IT: without it nothing sealed can ever be read, and no server starts. Keep it elsewhere.")
		return nil
	}
	return copyKey(master, filepath.Join(c.To, masterFile))
}

func (c *backupCmd) write(ctx context.Context) (position uint64, size int64, err error) {
	source := auditSource{Log: c.Log, remote: c.remote, NATSURL: c.NATSURL, NATSToken: c.NATSToken}
	l, end, err := source.open(ctx)
	if errors.Is(err, errServed) {
		return c.ask(ctx)
	} else if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, end()) }()
	m, err := backup.Write(ctx, c.To, assembly.BackupPlan(c.Data), assembly.BackupSource{Ledger: l}, time.Now)
	return m.Position, m.Bytes(), err
}

// ask has the running server write.
func (c *backupCmd) ask(ctx context.Context) (position uint64, size int64, err error) {
	if err := c.resolve(); err != nil {
		return 0, 0, err
	}
	var begun, job backup.Job
	if err := c.call(ctx, "POST", "/v1/backups", map[string]string{"folder": c.To}, &begun); err != nil {
		return 0, 0, err
	}
	err = poll(ctx, func() (bool, error) {
		job = backup.Job{}
		if err := c.call(ctx, "GET", "/v1/backups", nil, &job); err != nil {
			return false, err
		}
		if !job.Began.Equal(begun.Began) {
			return false, errors.New("the server was stopped, or began another backup meanwhile: run this again, with an empty folder")
		}
		return job.State != "running", nil
	})
	if err == nil && job.Fault != "" {
		err = errors.New(job.Fault)
	}
	return job.Position, job.Bytes, err
}

// restoreCmd makes a data folder of a backup.
type restoreCmd struct {
	boot.Log
	From string `required:"" type:"existingdir" help:"Folder of the backup."`
	Data string `required:"" type:"path" env:"MILEMARKER_DATA" help:"Data folder to make; new or empty."`

	Erasures string `type:"existingfile" help:"List of erasures, as 'milemarker people erasures' printed it after the backup: they are carried out before the restored server lets anybody in."`
}

// Run checks every file, restores, and says what is left to do.
func (c *restoreCmd) Run(ctx context.Context) error {
	m, work, err := backup.Prepare(c.From, c.Data)
	if err != nil {
		return err
	}
	if err := c.streams(ctx, m, filepath.Join(work, "nats")); err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	master := copyKey(filepath.Join(c.From, masterFile), filepath.Join(work, masterFile))
	if master != nil && !errors.Is(master, fs.ErrNotExist) {
		return errors.Join(master, os.RemoveAll(work))
	}
	if c.Erasures != "" {
		if err := layErasures(c.Erasures, work); err != nil {
			return errors.Join(err, os.RemoveAll(work))
		}
	}
	if err := backup.Finish(c.From, work, c.Data, m); err != nil {
		return err
	}
	fmt.Printf("restored to %s: up to position %d, as of %s\n", c.Data, m.Position, m.Ended.Format(time.RFC3339))
	if master != nil {
		fmt.Fprintf(os.Stderr, "The master key is not in the backup: put it to %s (mode 0600), or give it as MILEMARKER_MASTER_KEY.\n",
			filepath.Join(c.Data, masterFile))
	}
	if c.Erasures == "" {
		fmt.Fprintln(os.Stderr, "Persons that were erased after the backup are readable again: restore with --erasures, or erase them again. See docs/BACKUP.md.")
	}
	return nil
}

func (c *restoreCmd) streams(ctx context.Context, m backup.Manifest, store string) error {
	logger := c.Logger(os.Stderr)
	srv, err := natsd.Start(ctx, natsd.Config{StoreDir: store, Unsynced: true})
	if err != nil {
		return err
	}
	defer srv.Stop()
	r, err := ledger.OpenRestorer(ctx, ledger.Config{Options: srv.ClientOptions(), Logger: logger})
	if err != nil {
		return err
	}
	defer r.Close()
	return backup.Streams(ctx, c.From, m, r)
}

// copyKey copies a key's file to a new one that only its owner may read.
func copyKey(from, to string) error {
	key, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(key)
	return errors.Join(err, out.Sync(), out.Close())
}
