package events

import "testing"

func BenchmarkEncodeCall(b *testing.B) {
	e := recorded(parsed(b, TypeCallCompleted))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeCall(b *testing.B) {
	wire, err := Encode(recorded(parsed(b, TypeCallCompleted)))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(wire); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFactsCall(b *testing.B)   { benchmarkFacts(b, TypeCallCompleted) }
func BenchmarkFactsSignup(b *testing.B) { benchmarkFacts(b, TypeSignupCompleted) }

func benchmarkFacts(b *testing.B, typ string) {
	b.Helper()
	e := recorded(parsed(b, typ))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Facts(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseStructuredCall(b *testing.B) {
	body := submitted(b, TypeCallCompleted)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, violations := ParseStructured(body); violations != nil {
			b.Fatal(violations)
		}
	}
}

func BenchmarkSplitCall(b *testing.B) {
	d := parsed(b, TypeCallCompleted)
	b.ReportAllocs()
	for b.Loop() {
		d.Split()
	}
}

func BenchmarkCanonicalCall(b *testing.B) {
	d := parsed(b, TypeCallCompleted)
	b.ReportAllocs()
	for b.Loop() {
		d.Canonical()
	}
}
