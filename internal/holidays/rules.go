package holidays

import (
	"slices"
	"strings"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mw"
	"github.com/rickar/cal/v2/nc"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// The regions that are told apart.
const (
	australian = "ACT NSW NT QLD SA TAS VIC WA"
	swiss      = "AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH"
	german     = "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH"
)

// countries returns the codes of the countries that have rules of their own.
func countries() []string {
	return strings.Fields("AR AT BE BG BR CA CH CZ DE DK ES FR GB GR HR IE IT JP LT LV MW NC NL NO NZ PL RO RU SE SI SK UA US ZA")
}

// rules returns the holidays of a code, nil if it is not told apart.
func rules(code string) []*cal.Holiday {
	country, region, divided := strings.Cut(code, "-")
	if divided {
		switch country {
		case "AU":
			return australia(region)
		case "CH":
			return switzerland(region)
		case "DE":
			return germany(region)
		}
		return nil
	}
	switch country {
	case "AU":
		return common(australia, australian)
	case "AR":
		return ar.Holidays
	case "AT":
		return at.Holidays
	case "BE":
		return be.Holidays
	case "BG":
		return bg.Holidays
	case "BR":
		return br.Holidays
	case "CA":
		return ca.Holidays
	case "CH":
		return ch.Holidays
	case "CZ":
		return cz.Holidays
	case "DE":
		return de.Holidays
	case "DK":
		return dk.Holidays
	case "ES":
		return es.Holidays
	case "FR":
		return fr.Holidays
	case "GB":
		return gb.Holidays
	case "GR":
		return gr.Holidays
	case "HR":
		return hr.Holidays
	case "IE":
		return ie.Holidays
	case "IT":
		return it.Holidays
	case "JP":
		return jp.Holidays
	case "LT":
		return lt.Holidays
	case "LV":
		return lv.Holidays
	case "MW":
		return mw.Holidays
	case "NC":
		return nc.Holidays
	case "NL":
		return nl.Holidays
	case "NO":
		return no.Holidays
	case "NZ":
		return nz.Holidays
	case "PL":
		return pl.Holidays
	case "RO":
		return ro.Holidays
	case "RU":
		return ru.Holidays
	case "SE":
		return se.Holidays
	case "SI":
		return si.Holidays
	case "SK":
		return sk.Holidays
	case "UA":
		return ua.Holidays
	case "US":
		return us.Holidays
	case "ZA":
		return za.Holidays
	}
	return nil
}

// common returns the holidays that all regions of a country have, by their names.
func common(of func(region string) []*cal.Holiday, regions string) []*cal.Holiday {
	var all []*cal.Holiday
	for i, region := range strings.Fields(regions) {
		if i == 0 {
			all = slices.Clone(of(region))
			continue
		}
		all = slices.DeleteFunc(all, func(h *cal.Holiday) bool {
			return !slices.ContainsFunc(of(region), func(o *cal.Holiday) bool { return o.Name == h.Name })
		})
	}
	return all
}

func australia(region string) []*cal.Holiday {
	switch region {
	case "ACT":
		return au.HolidaysACT
	case "NSW":
		return au.HolidaysNSW
	case "NT":
		return au.HolidaysNT
	case "QLD":
		return au.HolidaysQLD
	case "SA":
		return au.HolidaysSA
	case "TAS":
		return au.HolidaysTAS
	case "VIC":
		return au.HolidaysVIC
	case "WA":
		return au.HolidaysWA
	}
	return nil
}

func germany(region string) []*cal.Holiday {
	switch region {
	case "BB":
		return de.HolidaysBB
	case "BE":
		return de.HolidaysBE
	case "BW":
		return de.HolidaysBW
	case "BY":
		return de.HolidaysBY
	case "HB":
		return de.HolidaysHB
	case "HE":
		return de.HolidaysHE
	case "HH":
		return de.HolidaysHH
	case "MV":
		return de.HolidaysMV
	case "NI":
		return de.HolidaysNI
	case "NW":
		return de.HolidaysNW
	case "RP":
		return de.HolidaysRP
	case "SH":
		return de.HolidaysSH
	case "SL":
		return de.HolidaysSL
	case "SN":
		return de.HolidaysSN
	case "ST":
		return de.HolidaysST
	case "TH":
		return de.HolidaysTH
	}
	return nil
}

func switzerland(region string) []*cal.Holiday {
	switch region {
	case "AG":
		return ch.HolidaysAG
	case "AI":
		return ch.HolidaysAI
	case "AR":
		return ch.HolidaysAR
	case "BE":
		return ch.HolidaysBE
	case "BL":
		return ch.HolidaysBL
	case "BS":
		return ch.HolidaysBS
	case "FR":
		return ch.HolidaysFR
	case "GE":
		return ch.HolidaysGE
	case "GL":
		return ch.HolidaysGL
	case "GR":
		return ch.HolidaysGR
	case "JU":
		return ch.HolidaysJU
	case "LU":
		return ch.HolidaysLU
	case "NE":
		return ch.HolidaysNE
	case "NW":
		return ch.HolidaysNW
	case "OW":
		return ch.HolidaysOW
	case "SG":
		return ch.HolidaysSG
	case "SH":
		return ch.HolidaysSH
	case "SO":
		return ch.HolidaysSO
	case "SZ":
		return ch.HolidaysSZ
	case "TG":
		return ch.HolidaysTG
	case "TI":
		return ch.HolidaysTI
	case "UR":
		return ch.HolidaysUR
	case "VD":
		return ch.HolidaysVD
	case "VS":
		return ch.HolidaysVS
	case "ZG":
		return ch.HolidaysZG
	case "ZH":
		return ch.HolidaysZH
	}
	return nil
}
