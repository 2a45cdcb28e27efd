package deliveries

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"milemarker/internal/providers"
)

// Redacted stands where a secret was.
const Redacted = "(redacted)"

// alwaysRedacted are header fields that hold secrets whoever sends them.
func alwaysRedacted() []string {
	return []string{
		"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "X-Ingest-Token",
		"Verification-Token", "Validation-Token",
	}
}

// Redact returns a request without what is secret in it, as far as that can be told; changed says whether its body is
// another. What is left out of the body is left out by name, so the rest is as it was sent.
func Redact(r Request, secret providers.Redact) (shown Request, changed bool) {
	shown = r
	shown.Header = http.Header{}
	hidden := append(alwaysRedacted(), secret.Headers...)
	for name, values := range r.Header {
		if slices.ContainsFunc(hidden, func(h string) bool { return strings.EqualFold(h, name) }) {
			values = []string{Redacted}
		}
		shown.Header[name] = values
	}
	if base, query, ok := strings.Cut(r.URL, "?"); ok && len(secret.Query) > 0 {
		shown.URL = base + "?" + redactForm(query, secret.Query)
	}
	if len(secret.Pointers) > 0 {
		shown.Body = redactBody(r, secret.Pointers)
	}
	return shown, !bytes.Equal(shown.Body, r.Body)
}

func redactBody(r Request, pointers []string) []byte {
	body := r.Body
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "application/x-www-form-urlencoded" {
		var names []string
		for _, p := range pointers {
			names = append(names, strings.TrimPrefix(p, "/"))
		}
		return []byte(redactForm(string(body), names))
	}
	for _, p := range pointers {
		begin, end, ok := locate(body, strings.Split(p, "/")[1:])
		if ok {
			body = slices.Concat(body[:begin], []byte(`"`+Redacted+`"`), body[end:])
		}
	}
	return body
}

// redactForm replaces the values of some fields of a query or form.
func redactForm(text string, names []string) string {
	fields := strings.Split(text, "&")
	for i, field := range fields {
		name, _, _ := strings.Cut(field, "=")
		if plain, err := url.QueryUnescape(name); err == nil && slices.Contains(names, plain) {
			fields[i] = name + "=" + url.QueryEscape(Redacted)
		}
	}
	return strings.Join(fields, "&")
}

// locate finds the value at the end of a path in a JSON document: the bytes between begin and end.
func locate(doc []byte, path []string) (begin, end int, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	for _, name := range path {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if !enter(dec, name) {
			return 0, 0, false
		}
	}
	begin = int(dec.InputOffset())
	var value json.RawMessage
	if dec.Decode(&value) != nil {
		return 0, 0, false
	}
	end = int(dec.InputOffset())
	return end - len(value), end, begin <= end-len(value)
}

// enter moves into the member of an object, or the element of a list, of that name.
func enter(dec *json.Decoder, name string) bool {
	open, err := dec.Token()
	if err != nil {
		return false
	}
	for i := 0; dec.More(); i++ {
		key := any(string(rune('0' + i%10)))
		if open == json.Delim('{') {
			if key, err = dec.Token(); err != nil {
				return false
			}
		} else if open != json.Delim('[') || i > 9 {
			return false
		}
		if key == name {
			return true
		}
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}
