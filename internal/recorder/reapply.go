package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"milemarker/events"
)

// Erasure is a recorded prospect.erased as it is kept apart from the ledger, so that it can be carried out again on an
// older copy. It names nobody.
type Erasure struct {
	Org       string    `json:"org"`
	Event     string    `json:"event"` // its id
	Prospects []string  `json:"prospects"`
	Reason    string    `json:"reason,omitempty"`
	At        time.Time `json:"at"`
}

// Erasures returns every erasure that stands in the ledger, of one org or, for "", of all, in the order of recording.
func (r *Recorder) Erasures(ctx context.Context, ledger Erasures, org string) ([]Erasure, error) {
	list := []Erasure{}
	err := eachErasure(ctx, ledger, func(e events.Event) error {
		ids, err := events.Erases(e)
		if err != nil || org != "" && e.Org != org {
			return err
		}
		data, err := events.DecodeData[events.ProspectErased](e)
		list = append(list, Erasure{Org: e.Org, Event: e.ID, Prospects: ids, Reason: data.Reason, At: e.RecordedAt})
		return err
	})
	return list, err
}

// ReadErasures reads a list of erasures: JSON objects, one after the other.
func ReadErasures(in io.Reader) ([]Erasure, error) {
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	var list []Erasure
	for {
		var e Erasure
		err := d.Decode(&e)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err == nil && (!events.ValidOrg(e.Org) || e.Event == "" || len(e.Prospects) == 0) {
			err = errors.New("an erasure names its org, its event and at least one prospect")
		}
		if err != nil {
			return nil, fmt.Errorf("erasure %d: %w", len(list)+1, err)
		}
		list = append(list, e)
	}
}

// Reapply records erasures that the ledger may lack, as after the restoration of an older backup, and carries them out.
// Those that stand already are carried out again, which changes nothing.
func (r *Recorder) Reapply(ctx context.Context, list []Erasure) error {
	for _, e := range list {
		data, err := json.Marshal(events.ProspectErased{Prospects: e.Prospects, Reason: e.Reason})
		if err != nil {
			return err
		}
		d := events.Draft{
			ID: e.Event, Source: "/milemarker/restore", Type: events.TypeProspectErased, Subject: e.Prospects[0], Time: e.At, Data: data,
		}
		receipts, err := r.Record(ctx, e.Org, []events.Draft{d})
		if err == nil && receipts[0].Outcome == events.Conflict { // it stands, told in other words: what it names is erased all the same
			d.ID += "/again"
			receipts, err = r.Record(ctx, e.Org, []events.Draft{d})
		}
		if err == nil && receipts[0].Outcome != events.Appended && receipts[0].Outcome != events.Duplicate {
			err = fmt.Errorf("%s: %+v", receipts[0].Outcome, receipts[0].Violations)
		}
		if err != nil {
			return fmt.Errorf("reapply %s: %w", e.Event, err)
		}
	}
	return nil
}
