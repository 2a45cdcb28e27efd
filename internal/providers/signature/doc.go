// Package signature tells whether a delivery was sent by who holds a secret.
//
// Most providers sign in the same way with small differences: those are the knobs of HMAC. The others are here too: a
// secret that comes along as it is (Equal, InURL, Basic), a JSON Web Token (JWT), a key pair (RSA).
//
// Every function compares in constant time, refuses an empty secret, takes several secrets (while one replaces another)
// and returns providers.ErrSignature or providers.ErrNoSecret, wrapped with what did not fit; never a secret or the
// signature that would have been right.
//
// The package must never read a clock, call anybody or parse what is not signed.
package signature
