package projections

import (
	"fmt"
	"slices"
	"strings"
)

// ReadModel names a read model that can be rebuilt by itself: tables that one step of a fold writes.
type ReadModel string

// The read models. AllReadModels stands for a whole generation.
const (
	AllReadModels     ReadModel = ""
	ModelEvents       ReadModel = "events"
	ModelVoids        ReadModel = "voids"
	ModelDuplicates   ReadModel = "duplicates"
	ModelRollups      ReadModel = "rollups"
	ModelJourneys     ReadModel = "journeys"
	ModelPeople       ReadModel = "people"
	ModelDeclarations ReadModel = "declarations"
	ModelQuarantine   ReadModel = "quarantine"
)

// ReadModels returns the names of all read models.
func ReadModels() []ReadModel {
	return []ReadModel{
		ModelEvents, ModelVoids, ModelDuplicates, ModelRollups, ModelJourneys, ModelPeople, ModelDeclarations, ModelQuarantine,
	}
}

// ParseReadModel returns the read model of a name, "" for all of them. The error lists the names that there are.
func ParseReadModel(name string) (ReadModel, error) {
	if m := ReadModel(name); m == AllReadModels || slices.Contains(ReadModels(), m) {
		return m, nil
	}
	names := make([]string, 0, len(ReadModels()))
	for _, m := range ReadModels() {
		names = append(names, string(m))
	}
	return "", fmt.Errorf("no read model is called %.50q; there are: %s", name, strings.Join(names, ", "))
}

// Holding is a table and the read model that it belongs to; "" belongs to none and is never folded by itself.
type Holding struct {
	Table string
	Model ReadModel
}

// Holdings returns the tables that say something about the ledger, those first that a flush writes last. So of tables that
// are read in this order, while a fold goes on, each holds at least what those before it lean on. Epochs number the changes
// of settings; claims and checkpoints are of a generation itself.
func Holdings() []Holding {
	return []Holding{
		{"rollups_v1", ModelRollups},
		{"epochs_v1", ""},
		{"persons_v1", ModelPeople},
		{"links_v1", ModelPeople},
		{"journey_steps_v1", ModelJourneys},
		{"voids_v1", ModelVoids},
		{"events_v1", ModelEvents},
		{"declarations_v1", ModelDeclarations},
		{"duplicates_v1", ModelDuplicates},
		{"quarantine_v1", ModelQuarantine},
	}
}

// CopyOthers returns the statements that copy the rows of all read models but one from another database, fenced, in the
// order of Holdings. Each sees its table at one instant; rows that are copied twice are the same as once.
func CopyOthers(one ReadModel, database string) []Statement {
	var out []Statement
	for _, h := range Holdings() {
		if h.Model == one {
			continue
		}
		out = append(out, Statement{
			Name: "copy " + h.Table, Fenced: true, Params: map[string]any{},
			SQL: "INSERT INTO " + h.Table + " SELECT * FROM " + database + "." + h.Table + " WHERE " + fence,
		})
	}
	return out
}

// EventDaysQuery asks for the days on which there are events, voided ones and ones that have moved away among them.
type EventDaysQuery struct{}

// Select returns the statement that answers q: org and day, by org.
func (EventDaysQuery) Select() Select {
	return Select{SQL: "SELECT DISTINCT toString(org) AS o, day FROM events_v1 ORDER BY o, day"}
}

// RebuildRefusedError says why a rebuild cannot be begun now.
type RebuildRefusedError struct{ Why string }

// Error says so.
func (e RebuildRefusedError) Error() string { return e.Why }
