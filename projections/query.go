package projections

import (
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Dimension is a column by which rollups are kept apart.
type Dimension string

// The dimensions of a rollup row, in the order of its key.
const (
	ByType     Dimension = "type"
	ByOutcome  Dimension = "outcome"
	ByRep      Dimension = "rep"
	ByTeam     Dimension = "team"
	BySource   Dimension = "source"
	ByCampaign Dimension = "campaign"
	ByProduct  Dimension = "product"
	ByCurrency Dimension = "currency"
)

// Dimensions returns all dimensions in the order of the rollup key.
func Dimensions() []Dimension {
	return []Dimension{ByType, ByOutcome, ByRep, ByTeam, BySource, ByCampaign, ByProduct, ByCurrency}
}

// MetricQuery asks the rollups of one org for sums by bucket and dimensions.
type MetricQuery struct {
	Org      string
	Grain    calendar.Grain         // the stored grain to read
	From, To calendar.Day           // buckets that start on From or later and before To
	GroupBy  []Dimension            // besides the bucket
	Where    map[Dimension][]string // a row must match one of the values of each dimension named; "" is a value too
}

// MetricRow is one group of a MetricQuery's answer. Groups in which nothing stands are left out.
type MetricRow struct {
	Bucket    calendar.Day
	Group     []string       // the values of GroupBy, in its order
	Count     uint64         // events
	Amount    events.Decimal // in the row's currency: group by currency, or the sum has no meaning
	Recurring events.Decimal // recurring amounts by the year: a week counts 52 times, a month 12, a quarter 4
	Seconds   int64          // length of calls, held appointments and logged time
	Offered   uint64         // sign-ups where an upsell was offered
	Taken     uint64         // sign-ups where it was taken
}

// EventQuery asks for the events of one org, newest first.
type EventQuery struct {
	Org       string
	IDs       []string     // only these ids
	From, To  calendar.Day // local days, From <= day < To; 0 leaves an end open
	Where     map[Dimension][]string
	Prospect  string
	Prospects []string // about one of these
	Voided    bool     // also events that were voided
	After     *Cursor  // continue behind this event
	Limit     int      // rows at most
}

// Cursor is a place in the order of an EventQuery's answer.
type Cursor struct {
	Time     time.Time
	Position events.Position
}

// EventRow is one event as the warehouse knows it.
type EventRow struct {
	events.Record
	Day      calendar.Day // the org's local day of the event
	VoidedBy string       // id of the event that voided it, "" if it stands
}

// OrgSettings are an org's choices after its org.configured events.
type OrgSettings struct {
	calendar.Settings
	Currency string            `json:"currency"` // ISO 4217, "" if none was chosen
	Country  string            `json:"country"`  // ISO 3166-1 alpha-2, "" if none was chosen
	Teams    map[string]string `json:"teams"`    // rep -> team, for events that name no team

	// Producing is which categories of time count as income-producing, by the days from which it holds; see Outcome.
	Producing []Producing `json:"-"`

	Epoch uint64 `json:"-"` // how often these settings changed
}
