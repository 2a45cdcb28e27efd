package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"milemarker/internal/assembly"
	"milemarker/internal/boot"
	"milemarker/internal/verify"
	"milemarker/projections"
)

// verifyCmd compares the read models with a recount of the ledger: of a running server, by way of it; or of engines that
// run apart, directly.
type verifyCmd struct {
	boot.Log
	remote
	NATSURL       string `name:"nats-url" env:"MILEMARKER_NATS_URL" help:"Read the ledger from this NATS server, without a server of ours; needs --clickhouse-url too."`
	NATSToken     string `name:"nats-token" env:"MILEMARKER_NATS_TOKEN" help:"Token for the NATS server."`
	ClickHouseURL string `name:"clickhouse-url" env:"CLICKHOUSE_URL" help:"Where the read models are, such as http://user:password@127.0.0.1:8123/milemarker."`
}

// errDiffers ends the program with a status that says so.
var errDiffers = errors.New("the read models differ from the ledger: 'milemarker rebuild' makes them anew")

// Run verifies and prints the report.
func (c *verifyCmd) Run(ctx context.Context) error {
	bar := newBar("recounting", 1000)
	verified := c.ask
	if c.NATSURL != "" || c.ClickHouseURL != "" {
		verified = c.direct
	}
	report, err := verified(ctx, func(done float64) { _ = bar.Set(int(1000 * done)) }) // a bar that cannot be drawn stops nothing
	_ = bar.Finish()
	if err != nil {
		return err
	}
	fmt.Print(reportText(report))
	if report.Differences > 0 {
		return errDiffers
	}
	return nil
}

// ask has the running server verify.
func (c *verifyCmd) ask(ctx context.Context, progress func(float64)) (projections.Verification, error) {
	var state projections.VerificationState
	if err := c.resolve(); err != nil {
		return projections.Verification{}, err
	}
	if err := c.call(ctx, "POST", "/v1/verifications", nil, &state); err != nil {
		return projections.Verification{}, err
	}
	err := poll(ctx, func() (bool, error) {
		if !state.Running {
			return true, nil
		}
		progress(state.Done)
		state = projections.VerificationState{}
		return false, c.call(ctx, "GET", "/v1/verifications", nil, &state)
	})
	switch {
	case err != nil:
		return projections.Verification{}, err
	case state.Error != "":
		return projections.Verification{}, errors.New(state.Error)
	case state.Last == nil:
		return projections.Verification{}, errors.New("the server was stopped meanwhile")
	}
	return *state.Last, nil
}

// direct verifies in this process.
func (c *verifyCmd) direct(ctx context.Context, progress func(float64)) (_ projections.Verification, err error) {
	if c.NATSURL == "" || c.ClickHouseURL == "" {
		return projections.Verification{}, errors.New("want both --nats-url and --clickhouse-url, or neither")
	}
	l, err := assembly.Ledger(ctx, boot.NATS{URL: c.NATSURL, Token: c.NATSToken, Replicas: 1}, c.Logger(os.Stderr))
	if err != nil {
		return projections.Verification{}, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	w, err := assembly.Warehouse(ctx, boot.ClickHouse{URL: c.ClickHouseURL})
	if err != nil {
		return projections.Verification{}, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return verify.Run(ctx, verify.Config{Progress: progress}, verify.Deps{Ledger: l, Warehouse: w, Clock: time.Now})
}

func reportText(v projections.Verification) string {
	text := fmt.Sprintf("verified as of position %d, in %s\n", v.Position, v.Ended.Sub(v.Began).Round(time.Millisecond)) +
		fmt.Sprintf("%d events, %d voided, %d duplicates, %d conflicts, %d quarantined\n",
			v.Events, v.Voids, v.Duplicates, v.Conflicts, v.Quarantined) +
		fmt.Sprintf("%d rows compared, %d differences\n", v.Rows, v.Differences)
	var rows strings.Builder
	for _, d := range v.Named {
		rows.WriteString(d.Table + " " + d.Key + "\n  want  " + orNone(d.Want) + "\n  found " + orNone(d.Found) + "\n")
	}
	return text + rows.String()
}

func orNone(row string) string {
	if row == "" {
		return "no such row"
	}
	return strings.ReplaceAll(row, "\n", " ")
}

// newBar shows how much is done, on a terminal.
func newBar(what string, of int) *progressbar.ProgressBar {
	out := io.Discard
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		out = os.Stderr
	}
	return progressbar.NewOptions(of, progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
}

// poll asks again and again until done says so.
func poll(ctx context.Context, done func() (bool, error)) error {
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
