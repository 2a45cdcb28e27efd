package rates

// Life is how long somebody stayed: until he left or, if he has not, so far.
type Life struct {
	Months int // whole ones that he stayed for
	Left   bool
}

// Leaving returns what lives say about the share that leaves in a month: each month that somebody was there for is a
// trial, and so is the one in which he left. K/N is the estimate of greatest likelihood of a constant chance to leave.
func Leaving(lives []Life) Trial {
	var t Trial
	for _, l := range lives {
		t.N += float64(max(0, l.Months))
		if l.Left {
			t.N++
			t.K++
		}
	}
	return t
}
