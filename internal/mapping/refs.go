package mapping

// Refs calls visit for each name that the mapping reads in rows, with the line that does.
func (m *Mapping) Refs(visit func(line int, name string)) {
	each := func(v *value) {
		if v == nil {
			return
		}
		for _, name := range v.source.refs() {
			if !m.isLet(name) {
				visit(v.line, name)
			}
		}
	}
	var walk func(node)
	walk = func(n node) {
		each(n.leaf)
		for _, item := range n.list {
			walk(item)
		}
		for _, f := range n.fields {
			walk(f.node)
		}
	}
	for _, r := range m.rules {
		for _, c := range r.when {
			if !m.isLet(c.ref) {
				visit(c.line, c.ref)
			}
		}
		for _, v := range []*value{r.typ, r.id, r.rep, r.team, r.subject} {
			each(v)
		}
		if r.time != nil {
			each(&r.time.source)
		}
		walk(node{fields: r.data})
	}
	for _, r := range m.refs {
		visit(r.line, r.name)
	}
}

func (m *Mapping) isLet(name string) bool {
	for _, l := range m.lets {
		if l.name == name {
			return true
		}
	}
	return false
}
