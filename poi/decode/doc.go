// Package decode reads bundles: folders of files that people keep in git. It
// streams them into the types of package poi in bounded memory, and says of
// everything it leaves out where it stands and why. It changes nothing, sorts
// nothing, and does not look for duplicate POIs: the builder does.
//
// Every file of a bundle is optional. All are UTF-8, with or without a byte
// order mark; those marked gz may be packed with gzip and then end in .gz.
// Files that share a format are read in the order of their names.
//
//	pois*.csv (gz)          id,name,lat,lng [kind,crs]; other columns: attributes
//	poi_sets.csv (gz)       set_id,poi_id
//	sets/NAME.csv (gz)      poi_id; the set is NAME
//	districts*.geojson (gz) adcode,name [parent]
//	zones*.geojson (gz)     name, reason or kind [id,starts_at,ends_at,daily,time_zone]
//	merchants.csv (gz)      id,name; other columns: attributes
//	prizes.csv (gz)         id,name,kind,merchant [value,currency,units]; others: attributes
//	tasks.yaml (gz)         below
//	quotas.csv (gz)         task_id,prize,district,units; added to those in tasks.yaml
//
// Money is in minor units, whole numbers of the smallest coin: value 250 and
// currency GBP are £2.50. units of a prize is its budget: how many may be given in
// all tasks and districts together.
//
// Two attributes mean something to geodrop validate: max_per_second of a merchant
// and per_second of a prize. Other files are ignored, rules.yaml among
// them, which is for geodrop validate (geodrop guide ci). Links may not leave the bundle.
//
// CSV is RFC 4180 with a header: commas, double quotes, LF or CRLF, line feeds
// within quotes. Coordinates are decimal degrees with a point: "51.5", "-0",
// "1e1"; not NaN, Inf, "0x1p3", "1_0", " 1" or "1,5". They are rounded to 1e-7
// degrees, half away from zero. Text that looks like a spreadsheet formula is
// text. Empty attributes are left out.
//
// GeoJSON is RFC 7946: one FeatureCollection, or one Feature after the other.
// Areas are Polygons and MultiPolygons, cut at the antimeridian: an edge that
// spans more than 180 degrees of longitude is a fault. Altitudes are dropped.
//
// # tasks.yaml
//
//	tasks:
//	  - id: lanterns                  # required, unique
//	    title: Lantern evening
//	    merchant: teahouse            # required, of merchants.csv
//	    poi_set: parks                # required: a set, or "all" for every POI
//	    starts_at: 2027-01-01T08:00:00+08:00 # required, RFC 3339, inclusive
//	    ends_at: 2027-02-01T00:00:00+08:00   # required, exclusive
//	    time_zone: Asia/Shanghai      # IANA; required with sessions, and where a day begins for caps
//	    sessions:                     # times of day; none: all day
//	      - 20:00-22:00
//	      - Sat,Sun 23:00-01:00       # some days of the week; across midnight
//	    preview: 15m                  # shown as upcoming so long before a session
//	    claim_radius_m: 50            # 1…395; default 50
//	    caps:                         # per user; none: no bound
//	      per_day: 3
//	      total: 10
//	      cooldown: 10m
//	    prizes:                       # required, of prizes.csv
//	      - {prize: red-packet, weight: 90}  # chance: weight over the sum; default 1
//	      - {prize: tea-coupon, weight: 10}
//	    quotas:                       # without one there is no drop in a district
//	      - {prize: red-packet, district: 110101, units: 1000}
//	      - {prize: tea-coupon, district: "*", units: 500}  # one pool for all other districts
//	    paused: false
//	    priority: 0                   # higher comes first
//
// Unknown and repeated fields, anchors, aliases and tags are refused. Ids are
// read as they are written, so 01001 and "01001" are the same district; numbers
// are written in digits without quotes.
//
// # Faults
//
// A row, feature or task that is wrong is left out and reported (poi.Reject), and
// reading goes on. A file that cannot be read to its end (cut short, UTF-16, no
// header, not JSON) is an error (ErrFormat), since nobody knows what is missing.
package decode
