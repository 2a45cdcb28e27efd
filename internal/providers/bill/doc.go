// Package bill makes events of sales and payments, for all providers of payments in the same way.
//
// A sale is one signup.completed. A purchase that is paid at once is a sale when it is paid. A subscription is a sale when
// its first payment above 0 comes in: a trial that costs nothing is none, and the payments after the first are
// payment.received only. The first payment is both, the sale and the money.
//
// Providers tell of one subscription in several deliveries, in any order. Subscription holds what is known, so that the
// same sale stands at the end whatever the order.
//
// The package must never know a provider.
package bill
