package forecast

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"milemarker/internal/rates"
)

// TestOutlooksHoldWhatTheySay lives through careers as TestIntervalsHoldWhatTheySay does, of which a year is known when a
// goal is judged that ends within the thirteen weeks.
func TestOutlooksHoldWhatTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	const careers = 150
	within, reached, chance := 0.0, 0.0, 0.0
	for range careers {
		c := newCareer(r)
		in, _ := c.history().Input(asOf(present, Whose{}), 2)
		in.Worlds, in.Seed = 300, r.Uint64()
		g := Goal{Stage: 2, Have: 5, To: 14 + int(r.Float64()*70)}
		came := g.Have
		for _, p := range c.people {
			if p[2] >= present && p[2] < present+g.To {
				came++
			}
		}
		g.Target = math.Round(came * (0.8 + 0.4*r.Float64()))
		a, err := look(in, g)
		if err != nil {
			t.Fatal(err)
		}
		if a.Finish[0] <= came && came <= a.Finish[2] {
			within += 1.0 / careers
		}
		chance += a.Reach / careers
		if came >= g.Target {
			reached += 1.0 / careers
		}
	}
	t.Logf("80 %% intervals held in %.2f; chance on average %.2f, reached in %.2f", within, chance, reached)
	if within < 0.72 || within > 0.96 {
		t.Errorf("80 %% intervals held in %.0f %%", 100*within)
	}
	if math.Abs(chance-reached) > 0.12 {
		t.Errorf("the chance is %.2f on average, but %.2f reach it", chance, reached)
	}
}

// Ten events a week that name nobody, in each of seven days: with 3 reached, a target of 23 is there after two weeks.
func TestLookByHand(t *testing.T) {
	none := Way{Share: rates.Exactly(0.5), Timing: rates.Fixed(0)}
	in := Input{
		Stages: []Stage{{Name: "signup", FromMet: none, Others: Steady(10e6, 1e6, 1)}},
		Met:    Steady(0, 1e9, 1), Pace: usual(), Sales: sold(100), Seed: 4,
	}
	a, err := look(in, Goal{Have: 3, Target: 23, To: 14})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "chance", a.Reach, 0.53, 0.04) // P(Poisson(20) >= 20)
	near(t, "finish", a.Finish[1], 23, 1)
	near(t, "day", float64(a.Reached[1]), 14, 1)
	kept, _ := look(in, Goal{Have: 3, Target: 22, AtMost: true, To: 14})
	near(t, "kept", kept.Reach, 0.47, 0.04) // P(Poisson(20) <= 19)
	if kept.Reached != [3]int{NotYet, NotYet, NotYet} {
		t.Errorf("what is to be kept is reached on %v", kept.Reached)
	}
	far, _ := look(in, Goal{Target: 500, To: Days - 1})
	if far.Reach != 0 || far.Reached[2] != NotYet {
		t.Errorf("%+v", far)
	}
	later, _ := look(in, Goal{Target: 10, From: 8, To: 14})
	near(t, "a goal of the second week", later.Finish[1], 10, 1)
	if later.Reached[0] < 8 {
		t.Errorf("reached on day %d, before it begins", later.Reached[0])
	}
	money, _ := look(in, Goal{Money: true, Have: 300, Target: 2300, To: 14})
	near(t, "money", money.Finish[1], 2300, 150) // twenty sales of 100
	if _, err := look(in, Goal{To: Days}); err == nil {
		t.Error("a goal beyond the weeks: want an error")
	}
}

// A look at a stage and a forecast of all live in the same worlds.
func TestLookAndMakeAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCareer(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "career"), 1)))
		q := asOf(rapid.IntRange(30, present).Draw(t, "day"), Whose{Rep: "kim"})
		all, _ := c.history().Input(q, All)
		stage := rapid.IntRange(0, 2).Draw(t, "stage")
		one, _ := c.history().Input(q, stage)
		all.Worlds, one.Worlds = 50, 50
		f, err := Make(all)
		if err != nil {
			t.Fatal(err)
		}
		a, err := look(one, Goal{Stage: stage, Target: 1e9, To: Days - 1})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := (Range{a.Finish[0], a.Finish[1], a.Finish[2]}), f.Stages[stage].Total; got != want {
			t.Fatalf("a look says %v, the forecast %v", got, want)
		}
	})
}

// look looks at one goal alone.
func look(in Input, g Goal) (Ahead, error) {
	s, err := See(in, g.Stage, g.Money)
	if err != nil {
		return Ahead{}, err
	}
	return s.Look(g)
}
