package api

// paceHeader names the columns of GET /v1/pace as CSV; goals without a pace are not among its rows.
func paceHeader() []string {
	return []string{
		"goal", "title", "metric", "currency", "owner_kind", "owner", "starts_on", "ends_on", "status", "target", "actual",
		"expected", "margin", "ratio", "sentence",
	}
}

func paceCells(v paceView) []cell {
	var ratio cell
	if v.Ratio != nil {
		ratio = value(*v.Ratio)
	}
	g := v.Goal
	return []cell{
		text(g.Goal), text(g.Title), text(g.Metric), text(g.Currency), cell(g.OwnerKind), text(g.Owner),
		cell(g.StartsOn.String()), cell(g.EndsOn.String()), cell(v.Status), value(g.Target), value(v.Actual),
		value(v.Expected), value(v.Margin), ratio, text(v.Sentence),
	}
}
