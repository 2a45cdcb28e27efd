package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"
	"time"
)

// quarantineCmd deals with ledger messages that could not be read.
type quarantineCmd struct {
	List    quarantineListCmd    `cmd:"" help:"List what could not be read."`
	Show    quarantineShowCmd    `cmd:"" help:"Show one message: its bytes, and why it could not be read."`
	Replay  quarantineReplayCmd  `cmd:"" help:"Record a corrected event in a message's place, or fold it as it is."`
	Discard quarantineDiscardCmd `cmd:"" help:"Note that a message is to count for nothing, and why."`
}

// setAside is a message as /v1/quarantine speaks of it.
type setAside struct {
	Position  uint64     `json:"position"`
	Subject   string     `json:"subject"`
	Fault     string     `json:"fault"`
	Bytes     int        `json:"bytes"`
	State     string     `json:"state"`
	AsIs      bool       `json:"as_is"`
	Event     string     `json:"event"`
	Recorded  uint64     `json:"recorded"`
	Voided    string     `json:"voided"`
	Reason    string     `json:"reason"`
	DecidedBy string     `json:"decided_by"`
	DecidedAt *time.Time `json:"decided_at"`
	MessageID string     `json:"message_id"`
	Readable  bool       `json:"readable"`
	Raw       []byte     `json:"raw"`
	Text      string     `json:"text"`
}

func (s setAside) decision() string {
	switch {
	case s.AsIs:
		return s.State + " as it is"
	case s.Event != "" && s.Recorded > 0:
		return fmt.Sprintf("%s as %s at position %d", s.State, s.Event, s.Recorded)
	case s.Reason != "":
		return s.State + ": " + s.Reason
	}
	return s.State
}

type quarantineListCmd struct {
	remote
	State string `help:"Only those: open, replaying, replayed, discarded."`
}

// Run lists the messages.
func (c *quarantineListCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	// Flush tells what goes wrong in writing.
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "POSITION\tBYTES\tSUBJECT\tSTATE\tFAULT")
	for next := "/v1/quarantine?limit=1000&state=" + c.State; next != ""; {
		var answer struct {
			Messages []setAside `json:"messages"`
			Next     string     `json:"next"`
		}
		if err := c.call(ctx, "GET", next, nil, &answer); err != nil {
			return err
		}
		for _, m := range answer.Messages {
			_, _ = fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\n", m.Position, m.Bytes, m.Subject, m.decision(), m.Fault)
		}
		next = answer.Next
	}
	return w.Flush()
}

type quarantineShowCmd struct {
	remote
	Position uint64 `arg:"" help:"Position of the message in the ledger."`
	Raw      bool   `help:"Print the bytes of the body and nothing else."`
}

// Run shows one message.
func (c *quarantineShowCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var m setAside
	if err := c.call(ctx, "GET", quarantinePath(c.Position), nil, &m); err != nil {
		return err
	}
	if c.Raw {
		_, err := os.Stdout.Write(m.Raw)
		return err
	}
	fmt.Printf("position  %d\nsubject   %s\nid        %s\nfault     %s\nreadable  %t\nstate     %s\n",
		m.Position, m.Subject, m.MessageID, m.Fault, m.Readable, m.decision())
	if m.DecidedAt != nil {
		fmt.Printf("decided   %s by key %s\n", m.DecidedAt.Format(time.RFC3339), m.DecidedBy)
	}
	if m.Voided != "" {
		fmt.Printf("voided    %s\n", m.Voided)
	}
	if m.Text == "" {
		fmt.Printf("body      %d bytes, no text (print them with --raw)\n", m.Bytes)
		return nil
	}
	fmt.Printf("body      %q\n", m.Text)
	return nil
}

type quarantineReplayCmd struct {
	remote
	Position uint64 `arg:"" help:"Position of the message in the ledger."`
	Event    string `type:"existingfile" help:"File with the event as it should have been, in JSON as POST /v1/events takes it, without an id. Without it the message is folded as it is: the program has learned to read it."`
}

// Run replays a message.
func (c *quarantineReplayCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	in := map[string]json.RawMessage{}
	if c.Event != "" {
		event, err := os.ReadFile(c.Event)
		if err != nil {
			return err
		}
		in["event"] = event
	}
	return c.decide(ctx, c.Position, "replay", in)
}

type quarantineDiscardCmd struct {
	remote
	Position uint64 `arg:"" help:"Position of the message in the ledger."`
	Reason   string `required:"" help:"Why it counts for nothing; no personal data."`
}

// Run discards a message.
func (c *quarantineDiscardCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	return c.decide(ctx, c.Position, "discard", map[string]string{"reason": c.Reason})
}

func (r *remote) decide(ctx context.Context, position uint64, verb string, in any) error {
	var made setAside
	if err := r.call(ctx, "POST", quarantinePath(position)+":"+verb, in, &made); err != nil {
		return err
	}
	fmt.Println(made.decision())
	return nil
}

func quarantinePath(position uint64) string {
	return "/v1/quarantine/" + strconv.FormatUint(position, 10)
}
