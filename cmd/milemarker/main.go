// Command milemarker is the whole product in one program, and the operator's tool: it serves every role on embedded
// engines, imports history and manages keys.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"milemarker/internal/boot"
)

type cli struct {
	Serve       serveCmd       `cmd:"" help:"Run the whole product in one process."`
	Engines     enginesCmd     `cmd:"" help:"Run only the embedded NATS and ClickHouse, for roles in processes of their own."`
	Import      importCmd      `cmd:"" help:"Import a CSV file with a mapping document."`
	Keys        keysCmd        `cmd:"" help:"Manage API keys."`
	People      peopleCmd      `cmd:"" help:"Find and erase people."`
	Audit       auditCmd       `cmd:"" help:"Prove that nothing in the ledger was altered, removed or inserted."`
	Verify      verifyCmd      `cmd:"" help:"Compare every read model with a recount of the ledger, while everything goes on."`
	Rebuild     rebuildCmd     `cmd:"" help:"Fold the ledger into fresh read models, verify them, and have them serve."`
	Backup      backupCmd      `cmd:"" help:"Copy the ledger and its keys into a folder, while everything goes on."`
	Restore     restoreCmd     `cmd:"" help:"Make a data folder of a backup."`
	Connections connectionsCmd `cmd:"" help:"Connect providers: dialers, forms, calendars, proposals, payments."`
	Deliveries  deliveriesCmd  `cmd:"" help:"Look at what providers sent, and replay it."`
	Quarantine  quarantineCmd  `cmd:"" help:"Deal with ledger messages that could not be read."`
	Login       loginCmd       `cmd:"" help:"Print a one-time link that opens the page in a browser."`

	Version kong.VersionFlag `help:"Print the version and stop."`
}

func main() {
	ctx, stop := boot.Signals()
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// version is the version of the module, as the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return "milemarker " + info.Main.Version + " (" + info.GoVersion + ")"
	}
	return "milemarker, of unknown version"
}

// run parses the arguments, runs the command they name and returns the exit status.
func run(ctx context.Context, args []string) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("milemarker"),
		kong.Description("An activity ledger that tells you whether you are on track, in time to act."),
		kong.Vars{"version": version()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // the tags of this package are wrong
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		parser.FatalIfErrorf(err)
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "milemarker:", err)
		return 1
	}
	return 0
}
