package plan

import "testing"

// BenchmarkMake plans with everything that a plan tells, its levers among it: the hours are never enough.
func BenchmarkMake(b *testing.B) {
	for name, in := range promises() {
		in.Time.PerWeek = 0.5
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Make(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
