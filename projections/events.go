package projections

import (
	"fmt"
	"maps"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// The version of a row ranks the copies of one event: the epoch of its org in the upper 24 bits, below it a number that
// falls with the position. So the first copy of an epoch wins.
const (
	epochShift = 40
	orderMask  = 1<<epochShift - 1
)

// version ranks a copy where epochs do not matter.
func version(p events.Position) uint64 { return orderMask - uint64(p)&orderMask }

// eventColumns is the order of the columns that InsertEvents writes.
const eventColumns = "org, id, position, type, kind, day, time, recorded_at, time_inferred, rep, team, told_team, " +
	"prospect, aliases, outcome, source, campaign, product, currency, amount, annual, seconds, " +
	"offered, taken, told_by, data_version, data, sealed, digest, " +
	"recorded_by, amends, version, partition, term"

// Row is an event with what the folds read from its payload.
type Row struct {
	events.Record
	Fact events.Fact

	Day   calendar.Day // local day of the org; see Place
	Team  string       // the team credited; see Place
	Epoch uint64       // how often the org's settings had changed; see Place
}

// ReadRow reads one ledger message for the folds. An error means that the message cannot be folded, now or later: it
// belongs in quarantine.
func ReadRow(f events.Frame) (Row, error) {
	e, err := events.Decode(f.Body)
	if err != nil {
		return Row{}, err
	}
	if events.Subject(e.Org, e.Type) != f.Subject {
		return Row{}, fmt.Errorf("the event says org %q and type %q, its subject %q", e.Org, e.Type, f.Subject)
	}
	fact, err := events.Facts(e)
	if err != nil {
		return Row{}, err
	}
	switch e.Type {
	case events.TypeEventVoided:
		_, _, err = TargetOf(e)
	case events.TypeOrgConfigured:
		_, err = events.DecodeData[events.OrgConfigured](e)
	case events.TypeProspectLinked, events.TypeProspectUnlinked, events.TypeProspectShared, events.TypeProspectErased:
		_, err = LinksOf(e)
	}
	return Row{Record: events.Record{Position: f.Position, Event: e}, Fact: fact}, err
}

// Place gives the row the day and the team that the settings of its org say.
func (r *Row) Place(s OrgSettings, cal calendar.Calendar) {
	r.Day = cal.DayOf(r.Event.Time)
	r.Team = r.Event.Team
	if r.Team == "" {
		r.Team = s.Teams[r.Event.Rep]
	}
	r.Epoch = s.Epoch
}

// InsertEvents writes rows into the events table, by the door that looks at the claim.
func InsertEvents(rows []Row) Statement {
	n := len(rows)
	var (
		org, id, typ, kind             = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		rep, team, toldTeam, prospect  = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		outcome, source, campaign      = make([]string, n), make([]string, n), make([]string, n)
		product, currency, toldBy      = make([]string, n), make([]string, n), make([]string, n)
		data, sealed, digest           = make([]string, n), make([]string, n), make([]string, n)
		recordedBy, amends             = make([]string, n), make([]string, n)
		day, at, recordedAt            = make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
		amount, recurring              = make([]events.Decimal, n), make([]events.Decimal, n)
		position, rank                 = make([]uint64, n), make([]uint64, n)
		inferred, aliases, dataVersion = make([]bool, n), make([][]string, n), make([]uint16, n)
		seconds, offered, taken        = make([]int64, n), make([]uint8, n), make([]uint8, n)
		partition                      = make([]uint8, n)
	)
	for i, r := range rows {
		e, f := r.Event, r.Fact
		org[i], id[i], typ[i], kind[i] = e.Org, e.ID, e.Type, string(f.Kind)
		rep[i], team[i], toldTeam[i], prospect[i] = e.Rep, r.Team, e.Team, e.Prospect
		outcome[i], source[i], campaign[i] = f.Outcome, f.Source, f.Campaign
		product[i], currency[i], toldBy[i] = f.Product, f.Currency, e.Source
		data[i], sealed[i], digest[i] = string(e.Data), e.Sealed, e.Digest
		recordedBy[i], amends[i] = e.RecordedBy, e.Amends
		day[i], at[i], recordedAt[i] = r.Day.Time(), e.Time, e.RecordedAt
		amount[i], recurring[i] = f.Amount, annual(f)
		position[i], rank[i] = uint64(r.Position), r.Epoch<<epochShift|version(r.Position)
		inferred[i], aliases[i], dataVersion[i] = e.TimeInferred, e.Aliases, uint16(e.DataVersion)
		partition[i] = uint8(events.PartitionOf(e.Org))
		seconds[i], offered[i], taken[i] = f.Seconds, bit(f.UpsellOffered), bit(f.UpsellTaken)
	}
	s := insert("events", "arrivals_v1", eventColumns,
		org, id, position, typ, kind, day, at, recordedAt, inferred, rep, team, toldTeam,
		prospect, aliases, outcome, source, campaign, product, currency, amount, recurring, seconds,
		offered, taken, toldBy, dataVersion, data, sealed, digest,
		recordedBy, amends, rank, partition, make([]uint64, n))
	s.Fenced = true
	return s
}

// annual returns the recurring amount of a year: the one form in which amounts of different intervals can be summed.
func annual(f events.Fact) events.Decimal {
	switch f.RecurringInterval {
	case "week":
		return f.Recurring * 52
	case "month":
		return f.Recurring * 12
	case "quarter":
		return f.Recurring * 4
	default:
		return f.Recurring
	}
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// insert returns a statement that writes columns, in the order of their names, into a table.
func insert(name, table, names string, columns ...any) Statement {
	return Statement{
		Name:    "insert " + name,
		SQL:     "INSERT INTO " + table + " (" + names + ")",
		Columns: columns,
	}
}

// BeginEpoch writes that the settings of an org changed at a position. It comes before MoveEvents.
func BeginEpoch(org string, at events.Position) Statement {
	return Statement{
		Name: "insert epoch", Fenced: true,
		SQL:    "INSERT INTO epochs_v1 (org, position) SELECT {org:String}, {position:UInt64} WHERE " + fence,
		Params: map[string]any{"org": org, "position": uint64(at)},
	}
}

// MoveEvents returns the statements that give every event of an org the day and the team that its present settings
// say, in the epoch of these settings. from and to bound the times of the org's events.
func MoveEvents(org string, s OrgSettings, from, to time.Time) []Statement {
	starts, offsets := s.Calendar().Offsets(from, to)
	reps, teams := make([]string, 0, len(s.Teams)), make([]string, 0, len(s.Teams))
	for rep, team := range s.Teams {
		reps, teams = append(reps, rep), append(teams, team)
	}
	when := map[string]any{
		"org": org, "starts": starts, "offsets": offsets, "epoch": s.Epoch << epochShift, "order": uint64(orderMask),
	}
	move := maps.Clone(when)
	move["reps"], move["teams"] = reps, teams
	return []Statement{
		{Name: "move events", SQL: text("move_events"), Params: move, Fenced: true},
		{Name: "leave days", SQL: text("leave_days"), Params: when, Fenced: true},
	}
}
