package timeblocks

// Definition says what one of this package's numbers means, as those of the metric registry are said.
type Definition struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Unit    string `json:"unit"`
	Formula string `json:"formula"`
	Source  string `json:"source"`
}

// Definitions returns what the numbers of this package mean.
func Definitions() []Definition {
	return []Definition{
		{
			Name: "income_producing_time_share", Title: "Income-producing share (each moment once)", Unit: "ratio",
			Formula: "income-producing time / all time told of; income-producing is what was logged as such or is in a category that the org " +
				"counts as such on that day, and calls and held appointments are by their " +
				"length even when not logged, and a moment told twice counts once, other than in the metric income_producing_share, which adds entries up",
			Source: "definitions, 2: income-producing share",
		},
		{
			Name: "focus_kept", Title: "Focus kept", Unit: "ratio",
			Formula: "time within planned blocks that was spent on their activity / planned time, of blocks that are over",
			Source:  "definitions, 2: focus kept",
		},
		{
			Name: "blocks_filled", Title: "Blocks filled", Unit: "ratio",
			Formula: "appointments scheduled inside the times blocked for appointments of the next 5 working days / how many fit in",
			Source:  "definitions, 2: blocks filled",
		},
	}
}
