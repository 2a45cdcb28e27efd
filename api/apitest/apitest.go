// Package apitest holds every request and answer of a test's HTTP client against the contract in package api. It is for
// tests only.
package apitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"milemarker/api"
)

// Document returns the contract, which is valid.
func Document(tb testing.TB) *openapi3.T {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI())
	if err != nil {
		tb.Fatalf("read the contract: %v", err)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		tb.Fatalf("the contract is not valid OpenAPI: %v", err)
	}
	return doc
}

// Transport returns a transport that sends requests by next and fails the test when an answer breaks the contract, or
// when a request that breaks it is not answered with 4xx.
func Transport(tb testing.TB, next http.RoundTripper) http.RoundTripper {
	tb.Helper()
	registerText()
	router, err := gorillamux.NewRouter(Document(tb))
	if err != nil {
		tb.Fatalf("route by the contract: %v", err)
	}
	return &transport{tb: tb, router: router, next: next}
}

// registerText makes the validator read pages and styles as text.
var registerText = sync.OnceFunc(func() { //nolint:gochecknoglobals // the validator's registry is global
	for _, media := range []string{"text/html", "text/css", "text/calendar", "text/markdown"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.RegisteredBodyDecoder("text/plain"))
	}
})

type transport struct {
	tb     testing.TB
	router routers.Router
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.tb.Helper()
	input, broken := t.check(r)
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s %s: %d", r.Method, r.URL, resp.StatusCode)
	if broken != nil && (resp.StatusCode < 400 || resp.StatusCode > 499) {
		t.tb.Errorf("%s, but the request breaks the contract: %v", name, broken)
	}
	if input == nil {
		return resp, nil // nothing is said about that path
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: options(),
	})
	if err != nil {
		t.tb.Errorf("%s breaks the contract: %v\n%s", name, err, body)
	}
	return resp, nil
}

// check tells by which operation a request is answered, nil if there is none, and what is wrong with it.
func (t *transport) check(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := t.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options()}
	return input, openapi3filter.ValidateRequest(r.Context(), input)
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
		SkipSettingDefaults: true, // the request goes on as it is
	}
}
