package goals

import (
	"context"

	"milemarker/internal/pace"
	"milemarker/projections"
)

// Foresight tells what is to be expected of goals that run, out of more than their own rate.
type Foresight interface {
	// Foresee returns nil where it has nothing to say of a goal: the model of its own rate is asked then.
	Foresee(ctx context.Context, s Sight) (*Foreseen, error)
}

// Sight is a goal that runs, and what is known of its org.
type Sight struct {
	Standing

	Org      string
	Settings projections.OrgSettings
}

// Foreseen is an outlook and what it follows from.
type Foreseen struct {
	pace.Outlook

	LeansOn string // in a sentence
}

// foresee tells what is to be expected of a goal.
func (s *sitting) foresee(ctx context.Context, st *Standing) error {
	if st.Pace.Status.Final() {
		return nil
	}
	if s.Foresight != nil {
		f, err := s.Foresight.Foresee(ctx, Sight{Standing: *st, Org: s.org, Settings: s.settings})
		if err != nil {
			return err
		}
		if f != nil {
			st.Outlook, st.LeansOn = &f.Outlook, f.LeansOn
			return nil
		}
	}
	own := s.Foresee
	if own == nil {
		own = pace.Foresee
	}
	if o, ok := own(st.Course, st.Done, st.At, st.Working, s.chance(st)); ok {
		st.Outlook = &o
	}
	return nil
}
