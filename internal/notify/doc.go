// Package notify knows who is told what, where and when: alerts as the ledger has them, rules, destinations and their
// secrets, deliveries and how far they are. It sends messages: signed webhooks, e-mail and chat services.
//
// A delivery is a small state machine, kept in a bucket, so that it outlives a crash at any step:
//
//	waiting --sent------------> sent
//	   |----in a digest-------> digested     its words went out in the digest of its destination
//	   |----failed too often--> dead         may be sent again by hand
//	   \----muted, taken notice of--> dropped
//
// A message has one id for ever, however often it is tried: what was sent right before a crash is sent again under the
// same webhook-id (of a mail, the same Message-ID), by which a receiver knows it.
//
// Nothing is sent to an address within one's own network unless the operator allows it: that is decided when a connection
// is made, by the address that the name then has.
//
// The package imports events, calendar and shelf and no other package of ours.
package notify
