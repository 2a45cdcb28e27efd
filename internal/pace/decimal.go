package pace

import (
	"math/big"

	"milemarker/events"
)

// mulDiv returns a * b / c for c > 0, rounded half away from zero. The callers' b is at most c, or the quotient small:
// it always fits.
func mulDiv(a events.Decimal, b, c int64) events.Decimal {
	twice := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(b))
	twice.Lsh(twice, 1)
	half := new(big.Int).Mul(big.NewInt(c), big.NewInt(int64(twice.Sign())))
	twice.Add(twice, half).Quo(twice, new(big.Int).Lsh(big.NewInt(c), 1))
	return events.Decimal(twice.Int64())
}
