package projections

import (
	"regexp"
	"slices"

	"milemarker/events"
)

// Version numbers the read models as this program writes them: their tables and what stands in them. Raise it with every
// change of either; the next start then folds the ledger into tables of the new version by itself, while those that serve
// go on serving.
const Version = 3

// OldestReadable is the lowest version whose tables this program can still fold into and ask. Raise it to Version when a
// change leaves nothing of the older ones usable: until the new ones are there, questions are then answered with
// RebuildingError.
const OldestReadable = 3

// State is how far a generation is.
type State string

// The states of a generation, in the order of its life.
const (
	Building State = "building" // being folded from the first message on; nobody reads it
	Serving  State = "serving"  // of these the one with the highest number answers, the others are to be dropped
	Dropped  State = "dropped"  // its tables are gone, or about to go
)

// Generation is one whole set of read models, folded from the first message of the ledger on.
//
// Or only one of them is: then the others were copied from the generation that served, and everything is folded from Onward
// on, to which the copies reach at least.
type Generation struct {
	Number     int             `json:"number"`
	Version    int             `json:"version"` // Version of the program that began it
	State      State           `json:"state"`
	Projection ReadModel       `json:"projection,omitempty"` // the one that is folded from the first message on; "" = all
	Onward     events.Position `json:"-"`                    // from here on all are folded; 0 until the others are copied
	Note       string          `json:"note,omitempty"`       // why it was dropped before it served
}

// Copied tells whether everything is there that is not folded from the first message on.
func (g Generation) Copied() bool { return g.Projection == AllReadModels || g.Onward > 0 }

// Readable tells whether this program can ask and fold the generation.
func (g Generation) Readable() bool { return g.Version >= OldestReadable && g.Version <= Version }

// ServingOf returns the generation that serves among all that there are, in the order of their numbers.
func ServingOf(all []Generation) (serving Generation, ok bool) {
	for _, g := range all {
		if g.State == Serving {
			serving, ok = g, true
		}
	}
	return serving, ok
}

// RebuildingError says that there is nothing to ask yet: the read models are being folded anew.
type RebuildingError struct{}

// Error says so.
func (RebuildingError) Error() string { return "the read models are being rebuilt" }

// ReachQuery asks for the highest position of which anything shows, be it of a flush that has not come to its end.
type ReachQuery struct{}

// Select returns the statement that answers q: the position.
func (ReachQuery) Select() Select {
	return Select{SQL: "SELECT greatest((SELECT max(version) FROM rollups_v1), (SELECT max(position) FROM events_v1)," +
		" (SELECT max(position) FROM checkpoints_v1))"}
}

// TableNames returns the names of the tables and views of the read models, those first that lean on others.
func TableNames() []string {
	created := regexp.MustCompile(`(?m)^CREATE (?:TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS (\w+)`)
	var names []string
	for _, t := range slices.Backward(Tables()) {
		if m := created.FindStringSubmatch(t.SQL); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

// RebuildState is what is known of the generations of the read models.
type RebuildState struct {
	Generations []Generation    `json:"generations"`
	Answers     int             `json:"answers"`  // number of the generation that answers here, -1 while none does
	Position    events.Position `json:"position"` // up to where the one that is being built is folded, 0 if there is none
	Last        events.Position `json:"last"`     // the end of the ledger
}
