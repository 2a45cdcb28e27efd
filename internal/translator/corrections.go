package translator

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"milemarker/events"
)

// corrections knows which of the events that deliveries became were voided or amended by others than their connection:
// by hand, that is. What a hand corrected stays, however long ago that was. The ledger itself remembers ids for two hours
// only, and then would let an amendment by the provider stand beside the one by hand.
//
// It is a fold of every event.voided in the ledger, of which next to nothing is kept: corrections by hand are few. What it
// found lies in a bucket, where it stays for ever, and is written before the mark of how far was read.
type corrections struct {
	t *translator

	mu     sync.Mutex
	next   events.Position // the first that was not read yet
	noted  events.Position // what the mark says
	byHand map[string]bool // by correctionKey
}

// readAgain is how many positions may at most be read once more after a crash.
const readAgain = 10_000

// load reads what is known, and what was voided since.
func (c *corrections) load(ctx context.Context) error {
	next, err := c.t.mark(ctx, markCorrections)
	if err != nil {
		return err
	}
	c.next, c.noted, c.byHand = next, next, map[string]bool{}
	err = c.t.deps.Buckets.Corrected.Watch(ctx, func(key string, value []byte) {
		if value != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.byHand[key] = true
		}
	})
	if err != nil {
		return err
	}
	return c.catchUp(ctx)
}

// has tells whether an event was corrected by hand, as the ledger stands at the time of the call.
func (c *corrections) has(ctx context.Context, org, id string) (bool, error) {
	if err := c.catchUp(ctx); err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byHand[correctionKey(org, id)], nil
}

// catchUp reads what was voided since it was read last.
func (c *corrections) catchUp(ctx context.Context) error {
	last, err := c.t.deps.Source.Last(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	from := c.next
	c.mu.Unlock()
	for from <= last {
		frames, err := c.t.deps.Source.Read(ctx, from, readAtOnce, events.TypeEventVoided)
		if err != nil {
			return err
		}
		for _, f := range frames {
			if err := c.take(ctx, f); err != nil {
				return err
			}
			from = f.Position + 1
		}
		if len(frames) < readAtOnce {
			from = max(from, last+1) // there are no more up to there
		}
		if err := c.reached(ctx, from); err != nil {
			return err
		}
	}
	return nil
}

// take keeps a void if it is a correction by hand.
func (c *corrections) take(ctx context.Context, f events.Frame) error {
	e, err := events.Decode(f.Body)
	if err != nil {
		return nil // the projector sets it aside, and it voids nothing
	}
	id, ok := correctedByHand(e)
	if !ok {
		return nil
	}
	key := correctionKey(e.Org, id)
	if err := c.t.deps.Buckets.Corrected.Put(ctx, key, []byte(strconv.FormatUint(uint64(f.Position), 10))); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byHand[key] = true
	return nil
}

// reached notes how far was read. The mark is written now and then only.
func (c *corrections) reached(ctx context.Context, next events.Position) error {
	c.mu.Lock()
	c.next = max(c.next, next)
	upTo, due := c.next-1, c.next-c.noted >= readAgain
	if due {
		c.noted = c.next
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	return c.t.setMark(ctx, markCorrections, upTo)
}

var deliveredID = regexp.MustCompile(`^wh_[0-9a-v]{32}(\.[0-9]{1,4})?$`)

// correctedByHand returns the id of the event that a void names, if that event comes from a connection and the void does
// not: what a connection voids, it voids under the id that voidOf gives, and under no key.
func correctedByHand(void events.Event) (id string, ok bool) {
	var v events.EventVoided
	if json.Unmarshal(void.Data, &v) != nil || !deliveredID.MatchString(v.Event) {
		return "", false
	}
	own := strings.HasPrefix(void.Source, source("")) && void.RecordedBy == "" && void.ID == voidOf(v.Event, "", "").ID
	return v.Event, !own
}

func correctionKey(org, id string) string { return org + "." + id }
