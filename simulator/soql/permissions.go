package soql

import "tidegate/simulator/org"

// runPermissions answers a query of the permission sets and of what they give.
func runPermissions(v org.View, q *Query, name string) (*Result, error) {
	var res *Result
	var err error
	org.Shelf(v.Org().Now, v.PermissionRows(q.Demands("SobjectType"))...).Read(func(of org.View) {
		if res, err = run(&eval{view: of, object: of.Object(name), query: q}); err == nil {
			res.within = &of
		}
	})
	return res, err
}
