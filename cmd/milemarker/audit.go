package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"milemarker/events"
	"milemarker/internal/assembly"
	"milemarker/internal/audit"
	"milemarker/internal/boot"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

// publicKey returns that of the key that was given, else the one in the data folder. It makes none.
func publicKey(data, given string) (string, error) {
	if given == "" {
		public, err := os.ReadFile(filepath.Join(data, "audit.pub"))
		if err != nil {
			return "", fmt.Errorf("public audit key (or give one with --public-key): %w", err)
		}
		return strings.TrimSpace(string(public)), nil
	}
	key, err := audit.ParseKey(given)
	return key.Public, err
}

// auditCmd is all about tamper evidence.
type auditCmd struct {
	Verify     auditVerifyCmd     `cmd:"" default:"withargs" help:"Prove that the ledger extends a checkpoint (the default)."`
	Checkpoint auditCheckpointCmd `cmd:"" help:"Sign what stands in the ledger now."`
	Key        auditKeyCmd        `cmd:"" help:"Print the public key that checkpoints are checked with."`
}

// auditSource is the ledger that is to be audited: that of a running server, by way of it; that of a NATS server; else
// that in the data folder, on which no server runs.
type auditSource struct {
	boot.Log
	remote
	NATSURL   string `name:"nats-url" env:"MILEMARKER_NATS_URL" help:"Read the ledger from this NATS server, instead of that of the data folder."`
	NATSToken string `name:"nats-token" env:"MILEMARKER_NATS_TOKEN" help:"Token for the NATS server."`
	AuditKey  string `env:"MILEMARKER_AUDIT_KEY" help:"Key that signs checkpoints; by default the file audit.key in the data folder."`
}

// errServed says that a server runs on the data folder: it is to be asked.
var errServed = errors.New("a server runs on the data folder")

// open returns the ledger itself, or errServed. close ends what was begun.
func (s *auditSource) open(ctx context.Context) (l *ledger.Ledger, end func() error, err error) {
	logger := s.Logger(os.Stderr)
	if s.NATSURL != "" {
		l, err := ledger.Open(ctx, ledger.Config{URL: s.NATSURL, Token: s.NATSToken, Logger: logger})
		if err != nil {
			return nil, nil, err
		}
		return l, l.Close, nil
	}
	if s.Server != "" {
		return nil, nil, errServed
	}
	store := filepath.Join(s.Data, "nats")
	if _, err := os.Stat(store); err != nil {
		return nil, nil, fmt.Errorf("no ledger in %s: %w", s.Data, err)
	}
	srv, err := natsd.Start(ctx, natsd.Config{StoreDir: store})
	if errors.Is(err, natsd.ErrInUse) {
		return nil, nil, errServed
	} else if err != nil {
		return nil, nil, err
	}
	l, err = ledger.Open(ctx, ledger.Config{Options: srv.ClientOptions(), Logger: logger})
	if err != nil {
		srv.Stop()
		return nil, nil, err
	}
	return l, func() error { defer srv.Stop(); return l.Close() }, nil
}

type auditKeyCmd struct {
	Data     string `default:"data" type:"path" env:"MILEMARKER_DATA" help:"Data folder."`
	AuditKey string `env:"MILEMARKER_AUDIT_KEY" help:"Key that signs checkpoints; by default the file audit.key in the data folder."`
}

// Run prints the public key.
func (c *auditKeyCmd) Run() error {
	public, err := publicKey(c.Data, c.AuditKey)
	if err != nil {
		return err
	}
	fmt.Println(public)
	return nil
}

type auditCheckpointCmd struct {
	auditSource
	Out string `short:"o" type:"path" help:"File to write the checkpoint to; by default it is printed. Keep it elsewhere than the ledger."`
}

// Run signs what stands in the ledger now.
func (c *auditCheckpointCmd) Run(ctx context.Context) error {
	signed, err := c.sign(ctx)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = os.Stdout.Write(signed)
		return err
	}
	return os.WriteFile(c.Out, signed, 0o644)
}

func (c *auditCheckpointCmd) sign(ctx context.Context) (_ []byte, err error) {
	l, end, err := c.open(ctx)
	if errors.Is(err, errServed) {
		if err := c.resolve(); err != nil {
			return nil, err
		}
		var signed struct{ Checkpoint string }
		err := c.call(ctx, "POST", "/v1/audit/checkpoints", nil, &signed)
		return []byte(signed.Checkpoint), err
	} else if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	key, err := assembly.AuditKey(c.Data, c.AuditKey)
	if err != nil {
		return nil, err
	}
	log, err := audit.OpenLog(filepath.Join(c.Data, assembly.AuditFolder), key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if err := log.CatchUp(ctx, l, time.Now); err != nil {
		return nil, err
	}
	return log.Checkpoint(time.Now())
}

type auditVerifyCmd struct {
	auditSource
	Checkpoint string `required:"" type:"existingfile" help:"The checkpoint, as 'milemarker audit checkpoint' wrote it."`
	PublicKey  string `help:"Public key that must have signed it; by default that of the data folder's key."`
}

// errTampered ends the program with a status that says so.
var errTampered = errors.New("the ledger was tampered with, or damaged")

// Run audits and prints the report.
func (c *auditVerifyCmd) Run(ctx context.Context) error {
	signed, err := os.ReadFile(c.Checkpoint)
	if err != nil {
		return err
	}
	report, err := c.verify(ctx, signed)
	if err != nil {
		return err
	}
	fmt.Println(report)
	if !report.Intact {
		return errTampered
	}
	return nil
}

func (c *auditVerifyCmd) verify(ctx context.Context, signed []byte) (_ audit.Report, err error) {
	l, end, err := c.open(ctx)
	if errors.Is(err, errServed) {
		return c.ask(ctx, signed)
	} else if err != nil {
		return audit.Report{}, err
	}
	defer func() { err = errors.Join(err, end()) }()
	public := c.PublicKey
	if public == "" {
		if public, err = publicKey(c.Data, c.AuditKey); err != nil {
			return audit.Report{}, err
		}
	}
	verifier, err := audit.ParsePublic(public)
	if err != nil {
		return audit.Report{}, err
	}
	checkpoint, err := audit.Open(signed, verifier)
	if err != nil {
		return audit.Report{}, err
	}
	bar := auditBar(checkpoint.Position)
	defer func() { _ = bar.Finish() }()
	evidence := audit.Evidence{Folder: filepath.Join(c.Data, assembly.AuditFolder), Key: public}
	return audit.Verify(ctx, l, checkpoint, evidence, func(at events.Position) { _ = bar.Set64(int64(at)) })
}

// ask has the running server audit.
func (c *auditVerifyCmd) ask(ctx context.Context, signed []byte) (audit.Report, error) {
	if c.PublicKey != "" {
		return audit.Report{}, errors.New("a running server checks with its own key: to use another one, stop it or give --nats-url")
	}
	if err := c.resolve(); err != nil {
		return audit.Report{}, err
	}
	var answer struct{ Audit audit.Job }
	if err := c.call(ctx, "POST", "/v1/audit", map[string]string{"checkpoint": string(signed)}, &answer); err != nil {
		return audit.Report{}, err
	}
	bar := auditBar(answer.Audit.Of)
	defer func() { _ = bar.Finish() }()
	begun := answer.Audit.Started
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	for answer.Audit.State == "running" {
		_ = bar.Set64(int64(answer.Audit.Read)) // a bar that cannot be drawn stops nothing
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return audit.Report{}, ctx.Err()
		}
		if err := c.call(ctx, "GET", "/v1/audit", nil, &answer); err != nil {
			return audit.Report{}, err
		}
	}
	switch {
	case !answer.Audit.Started.Equal(begun):
		return audit.Report{}, errors.New("another audit was begun meanwhile: run this again")
	case answer.Audit.Report == nil:
		return audit.Report{}, errors.New(answer.Audit.Fault)
	}
	return *answer.Audit.Report, nil
}

// auditBar shows how far the ledger was read, on a terminal.
func auditBar(of events.Position) *progressbar.ProgressBar {
	out := io.Discard
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		out = os.Stderr
	}
	return progressbar.NewOptions64(max(int64(of), 1), progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription("reading the ledger"), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())
}
