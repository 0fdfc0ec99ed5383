"""The sites of the invented chain. Towns, ZIP codes and points are real, so that searches make sense; the clinics, their
streets and their telephone numbers (555-01xx, kept for fiction) are not.
"""

from __future__ import annotations

from dataclasses import dataclass

PHYSICIAN, THERAPIST, CHIROPRACTOR = "P", "T", "C"


@dataclass(frozen=True, slots=True)
class DemoSite:
    """`staff` is a letter for each specialist who works here alone. Patients of one `area` go to any of its sites.

    A `fluoroscopy` site has a procedure room with a C-arm; the others cannot do injection procedures.
    """

    slug: str
    city: str
    state: str
    postal_code: str
    latitude: float
    longitude: float
    time_zone: str
    area_code: str
    staff: str
    area: str = ""
    district: str = ""
    fluoroscopy: bool = False
    saturday: bool = False

    @property
    def label(self) -> str:
        return f"{self.city} {self.district}".strip()

    @property
    def patients(self) -> str:
        """Where its patients come from."""
        return self.area or self.slug


EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"

SITES = (
    DemoSite("orlando-downtown", "Orlando", "FL", "32801", 28.5399, -81.3727, EASTERN, "407", "PPTTTC", area="orlando",
         district="Downtown", fluoroscopy=True, saturday=True),
    DemoSite("orlando-sand-lake", "Orlando", "FL", "32819", 28.4522, -81.4678, EASTERN, "407", "PTTC", area="orlando",
         district="Sand Lake", saturday=True),
    DemoSite("orlando-east", "Orlando", "FL", "32828", 28.5523, -81.1795, EASTERN, "407", "TTC", area="orlando", district="East"),
    DemoSite("winter-park", "Winter Park", "FL", "32789", 28.5978, -81.3534, EASTERN, "407", "PTTC", area="orlando"),
    DemoSite("kissimmee", "Kissimmee", "FL", "34741", 28.3051, -81.4242, EASTERN, "407", "PTTC", area="orlando",
         fluoroscopy=True, saturday=True),
    DemoSite("sanford", "Sanford", "FL", "32771", 28.8013, -81.2850, EASTERN, "407", "TTC", area="orlando"),
    DemoSite("clermont", "Clermont", "FL", "34711", 28.5525, -81.7574, EASTERN, "352", "TC", area="orlando"),
    DemoSite("lakeland", "Lakeland", "FL", "33801", 28.0381, -81.9392, EASTERN, "863", "PTTC", area="tampa", fluoroscopy=True),
    DemoSite("ocala", "Ocala", "FL", "34471", 29.1605, -82.1288, EASTERN, "352", "PTC"),
    DemoSite("gainesville", "Gainesville", "FL", "32601", 29.6489, -82.3250, EASTERN, "352", "PT", area="ocala"),
    DemoSite("daytona-beach", "Daytona Beach", "FL", "32114", 29.2012, -81.0371, EASTERN, "386", "PTTC", area="space-coast"),
    DemoSite("melbourne", "Melbourne", "FL", "32901", 28.0691, -80.6200, EASTERN, "321", "PTC", area="space-coast",
             fluoroscopy=True),
    DemoSite("tampa", "Tampa", "FL", "33602", 27.9614, -82.4597, EASTERN, "813", "PTTTC", fluoroscopy=True, saturday=True),
    DemoSite("st-petersburg", "St. Petersburg", "FL", "33701", 27.7723, -82.6386, EASTERN, "727", "PTTC", area="tampa"),
    DemoSite("sarasota", "Sarasota", "FL", "34236", 27.3269, -82.5433, EASTERN, "941", "PT", area="gulf"),
    DemoSite("fort-myers", "Fort Myers", "FL", "33901", 26.6204, -81.8725, EASTERN, "239", "PTC", area="gulf", fluoroscopy=True),
    DemoSite("miami", "Miami", "FL", "33130", 25.7672, -80.2059, EASTERN, "305", "PTTTC", area="south-florida", fluoroscopy=True,
             saturday=True),
    DemoSite("fort-lauderdale", "Fort Lauderdale", "FL", "33301", 26.1216, -80.1288, EASTERN, "954", "PTTC",
             area="south-florida"),
    DemoSite("west-palm-beach", "West Palm Beach", "FL", "33401", 26.7165, -80.0679, EASTERN, "561", "PC", area="south-florida"),
    DemoSite("jacksonville", "Jacksonville", "FL", "32202", 30.3299, -81.6517, EASTERN, "904", "PTTC", fluoroscopy=True),
    DemoSite("tallahassee", "Tallahassee", "FL", "32301", 30.4286, -84.2593, EASTERN, "850", "PT", area="panhandle"),
    DemoSite("pensacola", "Pensacola", "FL", "32502", 30.4095, -87.2229, CENTRAL, "850", "PC"),
    # One metropolitan area, two time zones.
    DemoSite("chattanooga", "Chattanooga", "TN", "37402", 35.0463, -85.3161, EASTERN, "423", "PTC", fluoroscopy=True),
    DemoSite("jasper", "Jasper", "TN", "37347", 35.0970, -85.5897, CENTRAL, "423", "TC", area="chattanooga"),
    DemoSite("atlanta", "Atlanta", "GA", "30303", 33.7525, -84.3888, EASTERN, "404", "PTTC", fluoroscopy=True),
    DemoSite("birmingham", "Birmingham", "AL", "35203", 33.5210, -86.8066, CENTRAL, "205", "TC"),
    DemoSite("nashville", "Nashville", "TN", "37203", 36.1504, -86.7916, CENTRAL, "615", "PT"),
    DemoSite("charlotte", "Charlotte", "NC", "28202", 35.2290, -80.8419, EASTERN, "704", "PC"),
    DemoSite("philadelphia", "Philadelphia", "PA", "19103", 39.9513, -75.1741, EASTERN, "215", "PT"),
    DemoSite("new-york", "New York", "NY", "10016", 40.7443, -73.9781, EASTERN, "212", "PTTC", fluoroscopy=True),
    DemoSite("boston", "Boston", "MA", "02116", 42.3492, -71.0768, EASTERN, "617", "PC"),
    DemoSite("indianapolis", "Indianapolis", "IN", "46204", 39.7720, -86.1535, "America/Indiana/Indianapolis", "317", "PC"),
    DemoSite("chicago", "Chicago", "IL", "60605", 41.8713, -87.6277, CENTRAL, "312", "PTTC", fluoroscopy=True),
    DemoSite("minneapolis", "Minneapolis", "MN", "55402", 44.9762, -93.2759, CENTRAL, "612", "TC"),
    DemoSite("kansas-city", "Kansas City", "MO", "64106", 39.1052, -94.5699, CENTRAL, "816", "PT"),
    DemoSite("houston", "Houston", "TX", "77002", 29.7594, -95.3594, CENTRAL, "713", "PTTC", fluoroscopy=True),
    DemoSite("el-paso", "El Paso", "TX", "79901", 31.7584, -106.4783, MOUNTAIN, "915", "TC"),
    DemoSite("denver", "Denver", "CO", "80202", 39.7491, -104.9946, MOUNTAIN, "303", "PTC", fluoroscopy=True),
    DemoSite("boise", "Boise", "ID", "83702", 43.6322, -116.2052, "America/Boise", "208", "TC"),
    DemoSite("phoenix", "Phoenix", "AZ", "85004", 33.4557, -112.0686, "America/Phoenix", "602", "PTTC", fluoroscopy=True),
    DemoSite("tucson", "Tucson", "AZ", "85701", 32.2139, -110.9694, "America/Phoenix", "520", "TC"),
    DemoSite("window-rock", "Window Rock", "AZ", "86515", 35.6676, -109.0784, MOUNTAIN, "928", "T"),
    DemoSite("las-vegas", "Las Vegas", "NV", "89101", 36.1721, -115.1224, PACIFIC, "702", "PC"),
    DemoSite("los-angeles", "Los Angeles", "CA", "90017", 34.0559, -118.2666, PACIFIC, "213", "PTTC", fluoroscopy=True),
    DemoSite("seattle", "Seattle", "WA", "98101", 47.6114, -122.3305, PACIFIC, "206", "PT"),
    DemoSite("anchorage", "Anchorage", "AK", "99501", 61.2116, -149.8761, "America/Anchorage", "907", "PTC"),
    DemoSite("honolulu", "Honolulu", "HI", "96813", 21.3179, -157.8521, "Pacific/Honolulu", "808", "PT"),
    DemoSite("san-juan", "San Juan", "PR", "00907", 18.4663, -66.1057, "America/Puerto_Rico", "787", "PTC"),
    DemoSite("hagatna", "Hagåtña", "GU", "96910", 13.4520, 144.7465, "Pacific/Guam", "671", "TC"),
)  # fmt: skip

SHARED = (
    ("orlando-downtown", "winter-park", PHYSICIAN), ("kissimmee", "orlando-sand-lake", PHYSICIAN),
    ("sanford", "orlando-east", PHYSICIAN), ("clermont", "orlando-downtown", PHYSICIAN), ("lakeland", "tampa", PHYSICIAN),
    ("tampa", "st-petersburg", PHYSICIAN), ("miami", "fort-lauderdale", PHYSICIAN), ("chattanooga", "jasper", PHYSICIAN),
    ("winter-park", "orlando-east", THERAPIST), ("kissimmee", "clermont", THERAPIST), ("sanford", "winter-park", THERAPIST),
    ("ocala", "gainesville", THERAPIST), ("daytona-beach", "sanford", THERAPIST), ("st-petersburg", "sarasota", THERAPIST),
    ("fort-lauderdale", "west-palm-beach", THERAPIST), ("jasper", "chattanooga", THERAPIST),
    ("orlando-east", "orlando-downtown", CHIROPRACTOR), ("sarasota", "fort-myers", CHIROPRACTOR),
    ("miami", "west-palm-beach", CHIROPRACTOR), ("phoenix", "tucson", CHIROPRACTOR),
)  # fmt: skip
"""Specialists of two sites: three days of the week at the first, two at the other."""

STREETS = (
    "Merrowind Avenue", "Tamberly Road", "Quillback Lane", "Osprell Boulevard", "Larkspine Way", "Fenwhistle Drive",
    "Cobblemoor Street", "Duskwater Road", "Hollowreed Avenue", "Pellamar Street", "Brindlewick Lane", "Sandoval Spur",
    "Thistlecombe Road", "Varrick Parkway",
)  # fmt: skip
"""Streets that no map shows."""
