package deliveries

// Verdict is what became of one event of a delivery.
type Verdict string

// The verdicts.
const (
	Appended   Verdict = "appended"   // it stands in the ledger since this delivery
	Duplicate  Verdict = "duplicate"  // it stood there already, with the same content
	Amended    Verdict = "amended"    // it stands in place of what was told before
	Superseded Verdict = "superseded" // a later delivery has told something else since, which stays
	Conflict   Verdict = "conflict"   // something else was told before, and stays
	Corrected  Verdict = "corrected"  // somebody has corrected or voided it by hand since, which stays
	Rejected   Verdict = "rejected"   // it is not valid
	Voided     Verdict = "voided"     // a replay no longer tells of it
)

// Stands tells whether what the delivery told stood in the ledger afterwards.
func (t Told) Stands() bool {
	return t.Outcome == Appended || t.Outcome == Duplicate || t.Outcome == Amended
}
