// Package events is the vocabulary of Milemarker: what can happen, how it is written down, and what is refused.
//
// It must never import anything but the standard library, and of that nothing that does I/O or reads a clock: every
// other package of ours may import it, it imports none.
//
// # From a submitted event to a recorded one
//
//	body --ParseStructured, ParseBinary--> Draft --Split, Canonical--> (recorder) --> Event --Encode--> ledger
//	ledger --Decode--> Event --Facts, DecodeData--> folds
//
// A Draft is a CloudEvents 1.0 event as a caller hands it in. Its data may hold private fields (data.person, data.note
// and every other field tagged private). An Event is the same thing as it stands in the ledger: Split has taken the
// private fields out, and they travel sealed.
//
// # The recorded wire form
//
// One CloudEvents 1.0 structured JSON object without insignificant space, attributes in this order, empty ones left out:
//
//	specversion      "1.0"
//	id, source, type as submitted
//	subject          prospect id
//	time             RFC 3339, UTC, at most microseconds
//	datacontenttype  "application/json"
//	org, rep, team   strings
//	recordedat       RFC 3339, UTC, at most microseconds
//	dataversion      integer from 1
//	aliases          prospect ids with one space between (CloudEvents attributes cannot be lists)
//	sealed, digest   strings
//	timeinferred     true, or left out
//	recordedby       id of the API key, of corrections
//	amends           id of the event that this one stands in the place of
//	data             one JSON object: the public payload, keys sorted
//
// # Payloads
//
// Each type's payload is a Go struct in the file of its kind. The struct's tags are the one source of validation, JSON
// Schema, reference text and of what is private:
//
//	json:"amount"    the field's name
//	doc:"..."        one sentence for people
//	rule:"..."       a comma-separated list of
//	                 required, private, multiline;
//	                 enum=a|b, format=zone, default=a (text);
//	                 min=0, max=10 (numbers: value; text: max characters; lists and maps: count);
//	                 with=currency (these fields must be given too), after=starts_at (must lie later)
//
// Unknown fields are refused at the door and ignored when read back. Defaults are written into the recorded payload, so
// that changing one later does not change history.
package events
