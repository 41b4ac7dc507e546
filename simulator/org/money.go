package org

// Several currencies: what an amount is in another one.

// HasCurrencies reports whether amounts are in several currencies here.
func (v View) HasCurrencies() bool { return v.org.tables["CurrencyType"] != nil }

// Converted is the amount of a record's currency field in the currency of the
// view's user, nil where there is none. The rates are those in force now; dated
// ones count for what has a date of its own only.
func (v View) Converted(r Record, field string) any {
	amount, ok := r.Value(field).(float64)
	if !ok {
		return nil
	}
	rates, corporate := v.rates()
	from, _ := r.Value("CurrencyIsoCode").(string)
	to := corporate
	if user, ok := v.Get("User", v.user); ok {
		if own, _ := user.Value("DefaultCurrencyIsoCode").(string); own != "" {
			to = own
		}
	}
	if rates[from] == 0 || rates[to] == 0 {
		return amount
	}
	return amount / rates[from] * rates[to]
}

// rates are how much of each currency one of the corporate currency is.
func (v View) rates() (rates map[string]float64, corporate string) {
	rates = map[string]float64{}
	v.Scan("CurrencyType", func(r Record) bool {
		code, _ := r.Value("IsoCode").(string)
		rates[code], _ = r.Value("ConversionRate").(float64)
		if r.Value("IsCorporate") == true {
			corporate = code
		}
		return true
	})
	return rates, corporate
}
