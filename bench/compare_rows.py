"""What bench/compare measures: one Row per piece of work, as data.

A command is a shell pipeline; {file} is the input.  SQL sees the input as the table that `read`
makes of it.  `answer` turns a line of output into what must be equal for all contenders, so that
nobody wins with another result.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json
import typing


@dataclasses.dataclass
class Row:
    name: str
    data: str  # "shop", "dns" or "access"
    ours: str
    answer: typing.Callable[[dict], object]
    grep: str = ""
    jq: str = ""
    mlr: str = ""
    sql: str = ""


def number(value):
    """A number as all agree on it: sums of doubles differ in the last digits."""
    return float(f"{float(value):.9g}")


def by_id(event):
    return event["id"]


def by_uid(event):
    return event["uid"], event["trans_id"] if "trans_id" in event else None


def by_id_with_total(event):
    total = event.get("total")
    return event["id"], None if total is None else number(total)


def three_members(event):
    price = event.get("price")
    return event["id"], event["type"], None if price is None else number(price)


def tens(name):
    """(the ten seconds, the average); a rival may name them w and a."""
    def answer(row):
        start = row["window_start"] if "window_start" in row else row["w"]
        return str(start)[:18].replace(" ", "T"), number(row[name] if name in row else row["a"])
    return answer


def three_of_prices(row):
    """The ten seconds, and three aggregates of one member."""
    start = row["window_start"] if "window_start" in row else row["w"]
    values = (row[name] for name in ("avg_price", "max_price", "p99_price"))
    return str(start)[:18].replace(" ", "T"), *(number(value) for value in values)


def pair_of_ids(row):
    return row["id"], row["right"]["id"] if "right" in row else row["right_id"]


def minute_user(row):
    if "window_start" in row:
        return row["window_start"][:16], row["user"], number(row["avg_price"])
    return str(row["w"])[:16].replace(" ", "T"), row["user"], number(row["a"])


def minute_user_count(row):
    start = row["window_start"] if "window_start" in row else row["w"]
    return str(start)[:16].replace(" ", "T"), row["user"], int(row["count"] if "count" in row else row["n"])


def session_user(row):
    start = row["window_start"].rstrip("Z") if "window_start" in row else str(row["w"]).replace(" ", "T")
    return start.split(".")[0], row["user"], int(row["count"] if "count" in row else row["n"])


def sliding_hour(row):
    return row["window_end"], row["count"], number(row["avg_price"])


def sliding_users(row):
    return row["window_end"], row["distinct_user"]


def minute_host(row):
    start = row["window_start"] if "window_start" in row else row["w"]
    host = row["id.orig_h"] if "id.orig_h" in row else row["h"]
    count = row["count"] if "count" in row else row["n"]
    return str(start)[:16].replace(" ", "T"), host, int(count)


def minutes(ours, key=None):
    """(the minute, a group if there is a key, a whole or decimal number); rivals name it n."""
    def answer(row):
        start = row["window_start"] if "window_start" in row else row["w"]
        value = row[ours] if ours in row else row["n"]
        return str(start)[:16].replace(" ", "T"), row[key] if key else None, number(value)
    return answer


def request(row):
    size = None if row["bytes"] in (None, "-") else int(row["bytes"])
    return row["host"], int(row["status"]), size


# A line of the combined log format, as a regular expression of jq.
COMBINED = (r'^(?<host>\\S+) \\S+ \\S+ \\[(?<ts>[^\\]]+)\\] \"(?<request>[^\"]*)\" '
            r'(?<status>\\d+) (?<bytes>\\S+) \"(?<referrer>[^\"]*)\" \"(?<agent>[^\"]*)\"')


def user_total(row):
    count = row["count"] if "count" in row else row["n"]
    total = row["sum_price"] if "sum_price" in row else row["s"]
    return row["user"], int(count), number(total or 0)


def id_and_tier(row):
    return row["id"], row["right"]["tier"] if "right" in row else row.get("tier")


def jq_averages(wanted, key, value):
    """The beginning of a jq program: averages $a of a value by key $k.

    setpath, because jq 1.6 copies the whole object for each `|=` and `+=`: 50 times slower here.
    """
    return f"""jq -cn 'reduce (inputs|select({wanted})|[{key}, {value}]) as [$k, $v] ({{}};
               getpath([$k]) as $old | setpath([$k]; [$old[0]+1, $old[1]+$v]))
               | to_entries[] | .key as $k | (.value[1]/.value[0]) as $a | """


SHOP_COLUMNS = ("{ts: 'TIMESTAMP', id: 'VARCHAR', type: 'VARCHAR', user: 'VARCHAR', "
                "session: 'VARCHAR', amount: 'DOUBLE', price: 'DOUBLE', qty: 'INTEGER', "
                "region: 'VARCHAR', device: 'JSON', url: 'VARCHAR'}")

# How DuckDB reads each input.  Giving it the columns spares it the guess, which costs it time.
READ = {
    "shop": f"read_ndjson('{{file}}', columns={SHOP_COLUMNS})",
    "dns": "read_ndjson('{file}', columns={ts: 'TIMESTAMP', uid: 'VARCHAR', trans_id: 'INTEGER', "
           "qtype_name: 'VARCHAR', \"id.orig_h\": 'VARCHAR'})",
}

# Types of events of the shop that are files of their own, too: {view} and {read view} in a row.
SIDES = ("view", "purchase")

ROWS = [
    Row("events of one type", "shop", answer=by_id,
        ours="sfilter type=purchase {file}",
        grep="""grep -F '"type":"purchase"' {file}""",
        jq="""jq -c 'select(.type=="purchase")' {file}""",
        mlr="""mlr --ijsonl --ojsonl filter '$type=="purchase"' {file}""",
        sql="SELECT * FROM {read} WHERE type = 'purchase'"),
    Row("events above a number", "shop", answer=by_id,
        ours="sfilter 'amount>200' {file}",
        jq="jq -c 'select(.amount>200)' {file}",
        mlr="mlr --ijsonl --ojsonl filter 'is_present($amount) && $amount>200' {file}",
        sql="SELECT * FROM {read} WHERE amount > 200"),
    Row("purchases above a number, by an expression", "shop", answer=by_id,
        ours="""sfilter -e 'type == "purchase" && amount > 100' {file}""",
        jq="""jq -c 'select(.type=="purchase" and .amount>100)' {file}""",
        mlr="""mlr --ijsonl --ojsonl filter '$type=="purchase" && $amount>100' {file}""",
        sql="SELECT * FROM {read} WHERE type = 'purchase' AND amount > 100"),
    Row("the same by terms", "shop", answer=by_id,
        ours="sfilter type=purchase 'amount>100' {file}"),
    Row("a total for each event", "shop", answer=by_id_with_total,
        ours="smap total=price*qty {file}",
        jq="jq -c 'if .price then .total=.price*.qty else . end' {file}",
        mlr="""mlr --ijsonl --ojsonl put
               'if (is_present($price)) {$total=$price*$qty}' {file}""",
        sql="SELECT *, price * qty AS total FROM {read}"),
    Row("three members of each event", "shop", answer=three_members,
        ours="smap -k id,type,price {file}",
        jq="jq -c '{id,type,price}' {file}",
        mlr="mlr --ijsonl --ojsonl cut -f id,type,price {file}",
        sql='SELECT id, "type", price FROM {read}'),
    Row("average of the purchases per 10 s", "shop", answer=tens("avg_amount"),
        ours="sfilter type=purchase {file} | swindow tumbling 10s avg amount --disorder 2s",
        jq=jq_averages('.type=="purchase"', ".ts[0:18]", ".amount") + "{w:$k, a:$a}' {file}",
        mlr="""mlr --ijsonl --ojsonl filter '$type=="purchase"' then put -q
               '@n[$ts[1:18]]+=1; @s[$ts[1:18]]+=$amount;
                end{for(w,n in @n){emit1 {"w":w,"a":@s[w]/n}}}' {file}""",
        sql="SELECT time_bucket(INTERVAL 10 seconds, ts) w, avg(amount) a FROM {read} "
            "WHERE type = 'purchase' GROUP BY w ORDER BY w"),
    Row("average of all prices per 10 s", "shop", answer=tens("avg_price"),
        ours="swindow tumbling 10s count avg price --disorder 2s {file}",
        jq=jq_averages(".price", ".ts[0:18]", ".price") + "{w:$k, a:$a}' {file}",
        mlr="""mlr --ijsonl --ojsonl filter 'is_present($price)' then put -q
               '@n[$ts[1:18]]+=1; @s[$ts[1:18]]+=$price;
                end{for(w,n in @n){emit1 {"w":w,"a":@s[w]/n}}}' {file}""",
        sql="SELECT time_bucket(INTERVAL 10 seconds, ts) w, count(*) n, avg(price) a FROM {read} "
            "GROUP BY w ORDER BY w"),
    Row("average, greatest and 99th percentile of all prices per 10 s", "shop",
        answer=three_of_prices,
        ours="swindow tumbling 10s avg price max price p99 price --disorder 2s {file}",
        sql="SELECT time_bucket(INTERVAL 10 seconds, ts) w, avg(price) avg_price, "
            "max(price) max_price, quantile_disc(price, 0.99) p99_price FROM {read} "
            "GROUP BY w ORDER BY w"),
    Row("average price per user and minute", "shop", answer=minute_user,
        ours="sfilter 'type!=purchase' {file} | "
             "swindow tumbling 1m avg price by user --disorder 2s",
        jq=jq_averages('.type!="purchase"', ".ts[0:16]+.user", ".price") +
           "{w:$k[0:16], user:$k[16:], a:$a}' {file}",
        mlr="""mlr --ijsonl --ojsonl filter '$type!="purchase"' then put '$w=$ts[1:16]' then
               stats1 -a mean -f price -g w,user then rename price_mean,a {file}""",
        sql="SELECT time_bucket(INTERVAL 1 minute, ts) w, \"user\", avg(price) a FROM {read} "
            "WHERE type <> 'purchase' GROUP BY w, \"user\" ORDER BY w"),
    Row("99th percentile of the prices per region and minute", "shop",
        answer=minutes("p99_price", "region"),
        ours="swindow tumbling 1m p99 price by region --disorder 2s {file}",
        sql="SELECT time_bucket(INTERVAL 1 minute, ts) w, region, quantile_disc(price, 0.99) n "
            "FROM {read} GROUP BY w, region ORDER BY w"),
    Row("different users per minute", "shop", answer=minutes("distinct_user"),
        ours="swindow tumbling 1m distinct user --disorder 2s {file}",
        sql="SELECT time_bucket(INTERVAL 1 minute, ts) w, count(DISTINCT \"user\") n FROM {read} "
            "GROUP BY w ORDER BY w"),
    Row("events with distinct ids", "shop", answer=by_id,
        ours="sdedup id {file}",
        mlr="mlr --ijsonl --ojsonl head -n 1 -g id {file}",
        sql="SELECT DISTINCT id FROM {read}"),
    Row("events per user and minute", "shop", answer=minute_user_count,
        ours="swindow tumbling 1m count by user --disorder 2s {file}",
        jq="""jq -cn 'reduce (inputs|.ts[0:16]+.user) as $k ({}; setpath([$k]; getpath([$k])+1))
              | to_entries[] | {w:.key[0:16], user:.key[16:], n:.value}' {file}""",
        mlr="""mlr --ijsonl --ojsonl put '$w=$ts[1:16]' then count -g w,user -o n {file}""",
        sql="SELECT time_bucket(INTERVAL 1 minute, ts) w, \"user\", count(*) n FROM {read} "
            "GROUP BY w, \"user\" ORDER BY w"),
    Row("hours that slide by a second", "shop", answer=sliding_hour,
        ours="swindow sliding 1h 1s count avg price --disorder 2s {file}"),
    Row("users in minutes that slide by a second", "shop", answer=sliding_users,
        ours="swindow sliding 1m 1s distinct user --disorder 2s {file}"),
    Row("sessions of each user", "shop", answer=session_user,
        ours="swindow session 30s count by user --disorder 2s {file}",
        sql="WITH e AS (SELECT ts, \"user\" u, CASE WHEN ts - lag(ts) OVER (PARTITION BY \"user\" "
            "ORDER BY ts) <= INTERVAL 30 seconds THEN 0 ELSE 1 END n FROM {read}), "
            "s AS (SELECT u, ts, sum(n) OVER (PARTITION BY u ORDER BY ts "
            "ROWS UNBOUNDED PRECEDING) s FROM e) "
            "SELECT u AS \"user\", min(ts) w, count(*) n FROM s GROUP BY u, s ORDER BY w"),
    Row("count and sum per user", "shop", answer=user_total,
        ours="sgroup user count sum price {file}",
        jq="""jq -cn 'reduce (inputs|[.user, .price // 0]) as [$k, $v] ({};
              getpath([$k]) as $old | setpath([$k]; [$old[0]+1, $old[1]+$v]))
              | to_entries[] | {user:.key, n:.value[0], s:.value[1]}' {file}""",
        mlr="""mlr --ijsonl --ojsonl put -q
               '@n[$user]+=1; @s[$user]+=is_present($price)?$price:0;
                end{for(u,n in @n){emit1 {"user":u,"n":n,"s":@s[u]}}}' {file}""",
        sql="SELECT \"user\", count(*) n, sum(price) s FROM {read} GROUP BY \"user\""),
    Row("views up to 10 s before a purchase", "shop", answer=pair_of_ids,
        ours="sfilter type=purchase {file} | "
             "sjoin on user within -10s..0 --disorder 2s <(sfilter type=view {file})",
        sql="SELECT l.id, r.id AS right_id FROM {read} l JOIN {read} r ON l.\"user\" = r.\"user\" "
            "AND r.ts BETWEEN l.ts - INTERVAL 10 seconds AND l.ts "
            "WHERE l.type = 'purchase' AND r.type = 'view'"),
    Row("the same, of two files", "shop", answer=pair_of_ids,
        ours="sjoin on user within -10s..0 --disorder 2s {purchase} {view}",
        sql="SELECT l.id, r.id AS right_id FROM {read purchase} l JOIN {read view} r "
            "ON l.\"user\" = r.\"user\" AND r.ts BETWEEN l.ts - INTERVAL 10 seconds AND l.ts"),
    Row("each event with a row of a table of 100,000", "shop", answer=id_and_tier,
        ours="sjoin on user table {users} {file} --type left",
        sql="SELECT l.id, u.tier FROM {read} l LEFT JOIN read_ndjson('{users}', "
            "columns={user: 'VARCHAR', tier: 'VARCHAR', since: 'INTEGER'}) u USING (\"user\")"),
    Row("the same, with the table kept current", "shop", answer=id_and_tier,
        ours="sjoin on user table {users} {file} --type left --follow",
        sql="SELECT l.id, u.tier FROM {read} l LEFT JOIN read_ndjson('{users}', "
            "columns={user: 'VARCHAR', tier: 'VARCHAR', since: 'INTEGER'}) u USING (\"user\")"),
    Row("DNS: queries for an address", "dns", answer=by_uid,
        ours="sfilter qtype_name=A {file}",
        grep="""grep -F '"qtype_name":"A"' {file}""",
        jq="""jq -c 'select(.qtype_name=="A")' {file}""",
        mlr="""mlr --ijsonl --ojsonl filter '$qtype_name=="A"' {file}""",
        sql="SELECT * FROM {read} WHERE qtype_name = 'A'"),
    Row("DNS: the same, counted per minute and host", "dns", answer=minute_host,
        ours="sfilter qtype_name=A {file} | "
             "swindow tumbling 1m count by id.orig_h --disorder 15m",
        jq="""jq -cn 'reduce (inputs|select(.qtype_name=="A")|.ts[0:16]+.["id.orig_h"]) as $k ({};
              setpath([$k]; getpath([$k])+1))
              | to_entries[] | {w:.key[0:16], h:.key[16:], n:.value}' {file}""",
        mlr="""mlr --ijsonl --ojsonl filter '$qtype_name=="A"' then
               put '$w=$ts[1:16]; $h=${id.orig_h}' then count -g w,h -o n {file}""",
        sql="SELECT time_bucket(INTERVAL 1 minute, ts) w, \"id.orig_h\" h, count(*) n FROM {read} "
            "WHERE qtype_name = 'A' GROUP BY w, h ORDER BY w"),
    Row("access log: lines to events", "access", answer=request,
        ours="sread --format combined --control never -q --disorder 10d {file}",
        jq=f"""jq -Rc 'capture("{COMBINED}")' {{file}}"""),
]


def answers(row, lines):
    """What a contender has found, in an order that all share."""
    return sorted(map(row.answer, map(json.loads, lines)), key=repr)
