package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// deliveriesCmd shows what providers sent, and has it translated anew.
type deliveriesCmd struct {
	List   deliveriesListCmd   `cmd:"" help:"List what providers sent, the newest first, and what became of it."`
	Show   deliveriesShowCmd   `cmd:"" help:"Show one delivery: as it was sent, without secrets, and the events that it became."`
	Replay deliveriesReplayCmd `cmd:"" help:"Translate one delivery, or many, anew. It is safe: the same event counts once."`
	Erase  deliveriesEraseCmd  `cmd:"" help:"Destroy what was sent. The events that it became stand."`
}

// delivery is one as /v1/webhooks/deliveries speaks of it.
type delivery struct {
	ID         string    `json:"id"`
	Connection string    `json:"connection"`
	Provider   string    `json:"provider"`
	Stored     time.Time `json:"stored"`
	Bytes      int       `json:"bytes"`
	Status     string    `json:"status"`
	Kind       string    `json:"kind"`
	Why        string    `json:"why"`
	Events     []struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Outcome  string `json:"outcome"`
		Position uint64 `json:"position"`
	} `json:"events"`

	Method string              `json:"method"`
	URL    string              `json:"url"`
	Header map[string][]string `json:"header"`
	Remote string              `json:"remote"`
	Raw    []byte              `json:"raw"`
	Text   string              `json:"text"`
}

func (d delivery) became() string {
	var out []string
	for _, e := range d.Events {
		out = append(out, e.Type+" "+e.Outcome)
	}
	if d.Why != "" {
		out = append(out, d.Why)
	}
	return strings.Join(out, ", ")
}

type deliveriesListCmd struct {
	remote
	Connection string    `help:"Those of one connection only."`
	Status     []string  `help:"Those only: arrived, translated, ignored, pending, failed, paused."`
	Text       string    `help:"Those only that contain a text."`
	From       time.Time `help:"Those from a time on, such as 2026-03-02T00:00:00Z."`
	To         time.Time `help:"Those before a time."`
	Limit      int       `default:"50" help:"How many at most."`
}

// Run lists deliveries.
func (c *deliveriesListCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	query := url.Values{"status": c.Status}
	for name, value := range map[string]string{"connection": c.Connection, "text": c.Text} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"from": c.From, "to": c.To} {
		if !at.IsZero() {
			query.Set(name, at.Format(time.RFC3339))
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tSTORED\tPROVIDER\tCONNECTION\tSTATUS\tKIND\tBECAME") // Flush tells what goes wrong
	left := c.Limit
	for next := "/v1/webhooks/deliveries?" + query.Encode(); next != "" && left > 0; {
		var answer struct {
			Deliveries []delivery `json:"deliveries"`
			Next       string     `json:"next"`
		}
		if err := c.call(ctx, "GET", next, nil, &answer); err != nil {
			return err
		}
		for _, d := range answer.Deliveries[:min(left, len(answer.Deliveries))] {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
				d.ID, d.Stored.Format(time.DateTime), d.Provider, d.Connection, d.Status, d.Kind, d.became())
		}
		left -= len(answer.Deliveries)
		next = answer.Next
	}
	return w.Flush()
}

type deliveriesShowCmd struct {
	remote
	ID  string `arg:"" help:"Id of the delivery, as listed."`
	Raw bool   `help:"Print the bytes of the body and nothing else."`
}

// Run shows one delivery.
func (c *deliveriesShowCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var d delivery
	if err := c.call(ctx, "GET", "/v1/webhooks/deliveries/"+url.PathEscape(c.ID), nil, &d); err != nil {
		return err
	}
	if c.Raw {
		_, err := os.Stdout.Write(d.Raw)
		return err
	}
	fmt.Printf("delivery  %s to %s (%s)\nstored    %s from %s\nstatus    %s %s %s\n", d.ID, d.Connection, d.Provider,
		d.Stored.Format(time.RFC3339), d.Remote, d.Status, d.Kind, d.Why)
	for _, e := range d.Events {
		fmt.Printf("event     %s %s %s at position %d\n", e.ID, e.Type, e.Outcome, e.Position)
	}
	fmt.Printf("\n%s %s\n", d.Method, d.URL)
	for _, name := range slices.Sorted(maps.Keys(d.Header)) {
		for _, v := range d.Header[name] {
			fmt.Printf("%s: %s\n", name, v)
		}
	}
	if d.Text == "" && len(d.Raw) > 0 {
		fmt.Printf("\n%d bytes, no text (print them with --raw)\n", len(d.Raw))
		return nil
	}
	fmt.Printf("\n%s\n", d.Text)
	return nil
}

type deliveriesReplayCmd struct {
	remote
	ID         string    `arg:"" optional:"" help:"Id of one delivery; without it those that the flags name."`
	Connection string    `help:"Those of one connection."`
	Status     []string  `help:"Those only that have one of these statuses, such as failed."`
	From       time.Time `help:"Those from a time on, such as 2026-03-02T00:00:00Z."`
	To         time.Time `help:"Those before a time."`
	All        bool      `help:"All there are: needed where nothing else is said."`
}

// replay is one as /v1/webhooks/replays speaks of it.
type replay struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Replayed int    `json:"replayed"`
	Changed  int    `json:"changed"`
	Failed   int    `json:"failed"`
}

// Run has deliveries replayed and waits until that is done.
func (c *deliveriesReplayCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	path, in := "/v1/webhooks/replays", map[string]any{}
	none := c.Connection == "" && len(c.Status) == 0 && c.From.IsZero() && c.To.IsZero()
	switch {
	case c.ID != "" && (!none || c.All):
		return errors.New("give either an id or flags that say which deliveries")
	case c.ID != "":
		path = "/v1/webhooks/deliveries/" + url.PathEscape(c.ID) + ":replay"
	case none && !c.All:
		return errors.New("say which deliveries: an id, --connection, --status, --from, --to, or --all")
	}
	if c.Connection != "" {
		in["connection"] = c.Connection
	}
	if len(c.Status) > 0 {
		in["statuses"] = c.Status
	}
	for name, at := range map[string]time.Time{"from": c.From, "to": c.To} {
		if !at.IsZero() {
			in[name] = at
		}
	}
	var r replay
	if err := c.call(ctx, "POST", path, in, &r); err != nil {
		return err
	}
	for pause := 20 * time.Millisecond; r.State != "done"; pause = min(2*pause, time.Second) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := c.call(ctx, "GET", "/v1/webhooks/replays/"+r.ID, nil, &r); err != nil {
			return err
		}
	}
	fmt.Printf("replayed %d, events changed %d, failed %d\n", r.Replayed, r.Changed, r.Failed)
	return nil
}

type deliveriesEraseCmd struct {
	remote
	ID string `arg:"" help:"Id of the delivery, as listed."`
}

// Run erases a delivery.
func (c *deliveriesEraseCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	if err := c.call(ctx, "DELETE", "/v1/webhooks/deliveries/"+url.PathEscape(c.ID), nil, nil); err != nil {
		return err
	}
	fmt.Println("erased", c.ID)
	return nil
}
