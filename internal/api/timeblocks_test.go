package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"milemarker/internal/timeblocks"
)

// A row of blocks at nine each day of the week of 11 March; it is Wednesday noon.
func TestBlockDays(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/timeblocks", aBlock, http.StatusCreated)
	const thursday = `{"day":"2024-03-14","starts_at":"2024-03-14T15:00:00Z","ends_at":"2024-03-14T16:00:00Z"}`
	h.post("/v1/timeblocks/b:move", thursday, http.StatusCreated)
	h.post("/v1/timeblocks/b:move", thursday, http.StatusOK)
	h.post("/v1/timeblocks/b:skip", `{"day":"2024-03-15","reason":"at the fair"}`, http.StatusCreated)
	var list struct {
		Timeblocks  []blockView
		Occurrences []timeblocks.Occurrence
	}
	days := func() (days []string) {
		h.get("/v1/timeblocks?rep=kim").into(t, &list)
		for _, o := range list.Occurrences {
			days = append(days, o.From.Format("02T15"))
		}
		return days
	}
	if got := strings.Join(days(), " "); got != "11T09 12T09 13T09 14T15 16T09 17T09" {
		t.Errorf("%s", got)
	}
	if b := list.Timeblocks[0]; len(b.Skips) != 1 || len(b.Moves) != 1 || list.Occurrences[3].Moved == nil {
		t.Errorf("%+v", list)
	}
	// The last word on a day counts, even if it was said before.
	h.post("/v1/timeblocks/b:skip", `{"day":"2024-03-14"}`, http.StatusCreated)
	h.post("/v1/timeblocks/b:move", thursday, http.StatusCreated)
	if got := strings.Join(days(), " "); got != "11T09 12T09 13T09 14T15 16T09 17T09" {
		t.Errorf("%s", got)
	}
	h.refused(http.MethodPost, "/v1/timeblocks/b:move", `{"day":"2024-03-10","starts_at":"2024-03-14T15:00:00Z","ends_at":"2024-03-14T16:00:00Z"}`, http.StatusUnprocessableEntity, "/day")
	h.refused(http.MethodPost, "/v1/timeblocks/b:move", `{"day":"2024-03-14","starts_at":"2024-03-14T15:00:00Z","ends_at":"2024-03-16T16:00:00Z"}`, http.StatusUnprocessableEntity, "/ends_at")
	h.refused(http.MethodPost, "/v1/timeblocks/b:move", `{"day":"2024-03-14"}`, http.StatusUnprocessableEntity, "/starts_at", "/ends_at")
	h.refused(http.MethodPost, "/v1/timeblocks/b:skip", `{"day":"2024-03-14","starts_at":"2024-03-14T15:00:00Z"}`, http.StatusUnprocessableEntity, "/starts_at")
	h.post("/v1/timeblocks/none:skip", `{"day":"2024-03-14"}`, http.StatusNotFound)
}

// On a day off nothing is asked for: the block of that day is neither planned nor missed, in the numbers and in the feed.
func TestBlocksOnDaysOff(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/timeblocks", aBlock, http.StatusCreated)
	h.happened("off", "dayoff.set", h.now.Add(-48*time.Hour), "kim", `{"owner_kind":"rep","owner":"kim","dayoff":"d","starts_on":"2024-03-12"}`)
	var v timeView
	h.get("/v1/time?rep=kim").into(t, &v)
	if v.Focus.Planned != 240 || len(v.Focus.Blocks) != 2 {
		t.Errorf("%+v", v.Focus)
	}
	var link struct{ Path string }
	h.post("/v1/links", `{"kind":"calendar","name":"phone","reps":["kim"]}`, http.StatusCreated).into(t, &link)
	if feed := h.get(link.Path, "Authorization", ""); strings.Contains(feed.body, "DTSTART:20240312") || !strings.Contains(feed.body, "DTSTART:20240313") {
		t.Errorf("%.2000s", feed.body)
	}
}
