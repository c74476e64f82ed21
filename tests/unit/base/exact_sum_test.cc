// Exact sums and their rounded quotients.  The big table was computed with Python's fractions.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/decimal.h"

namespace streamutils {
namespace {

std::string text_of(const ExactSum& sum) {
  std::string out;
  sum.append_to(out);
  return out;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

ExactSum sum_of(const std::string& numbers) {
  ExactSum sum;
  for (const std::string& number : words(numbers)) REQUIRE(sum.add(number));
  return sum;
}

// A decimal of so many places behind the point as a reader would write it: no zeros at its end.
std::string plain_text(std::uint64_t n, std::size_t places) {
  std::string digits = std::to_string(n);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  digits.resize(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

TEST_CASE("short sums are written as plain digits") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t n = random() >> random() % 64;
    const std::size_t places = random() % 20;
    std::string text = plain_text(n, places);
    if (text != "0" && random() % 2 == 0) text.insert(0, "-");
    ExactSum sum;
    REQUIRE(sum.add(text + (text.find('.') == text.npos ? ".0" : "00")));
    CHECK(text_of(sum) == text);
    char memory[ExactSum::kShortRoom];
    const char* const end = sum.write_short(memory);
    CHECK((end == nullptr ? places > 18 || n > (std::uint64_t{1} << 56)
                          : std::string_view(memory, end) == text));
  }
}

TEST_CASE("a sum is exact and its quotient is rounded once") {
  struct Row {
    std::string numbers;
    std::uint64_t n;
    std::string sum;
    double quotient;
  };
  const Row row = GENERATE(
      Row{"0.1 0.2", 1U, "0.3", 0.3}, Row{"1e20 1 -1e20", 3U, "1", 0.3333333333333333},
      Row{"9007199254740993", 1U, "9007199254740993", 9007199254740992.0},
      Row{"9007199254740993 9007199254740993", 2U, "18014398509481986", 9007199254740992.0},
      Row{"1e308 1e308 -1e308", 1U, "1e308", 1e+308},
      Row{"0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1", 10U, "1", 0.1},
      Row{"1", 3U, "1", 0.3333333333333333}, Row{"2", 3U, "2", 0.6666666666666666},
      Row{"1", 18446744073709551615U, "1", 5.421010862427522e-20},
      Row{"5e-324", 2U, "5e-324", 5e-324}, Row{"5e-324 5e-324 5e-324", 2U, "15e-324", 1e-323},
      Row{"9999999999999999999999999999999999999 1", 7U, "10000000000000000000000000000000000000",
          1.4285714285714285e+36},
      Row{"-9999999999999999999999999999999999999 -1", 7U,
          "-10000000000000000000000000000000000000", -1.4285714285714285e+36},
      Row{"1e36 1e36 1e36 1e36 1e36 1e36 1e36 1e36 1e36 1e36", 1U,
          "10000000000000000000000000000000000000", 1e+37},
      Row{"0.00 1e5", 1U, "100000", 100000.0}, Row{"1.50 1.50", 2U, "3", 1.5},
      Row{"12345678901234567.8 0.2", 1U, "12345678901234568", 1.2345678901234568e+16},
      Row{"-0.0", 5U, "0", 0.0}, Row{"1e-30", 1U, "0.000000000000000000000000000001", 1e-30},
      Row{"1e-39", 1U, "0.000000000000000000000000000000000000001", 1e-39},
      Row{"1e39", 1U, "1000000000000000000000000000000000000000", 1e+39},
      Row{"1e40", 1U, "1e40", 1e+40},
      Row{"-7789328792174218096792908100339075793834701746814538401."
          "1614610033076661934514506123100772837 -2661663049403.699102374095 "
          "1113930955972979262243933.83679160110 -36469748212378991.330146730024589215",
          7U,
          "-778932879217421809679290810033796186291520117742772286235391850632725540845145061231007"
          "72837e-37",
          -1.1127612560248884e+54},
      Row{"7.40e-38 -171.452e-31 85.025e5 716.7e33 669.9e-31", 1U,
          "716700000000000000000000000008502500000000000000000000000000000049844800074e-39",
          7.167e+35},
      Row{"-69777818804.17031797405429382577 64363363953.27501 "
          "217743668759751049049549026.304320171851337",
          1U, "21774366875975104363509417540901219779704317423e-20", 2.1774366875975103e+26},
      Row{"-2.4e4 -889.6e-12 62.73e40 89.857e1", 13317362201293864754U,
          "6272999999999999999999999999999999999768985699999991104e-13", 4.710392272270359e+22},
      Row{"1485405810758", 1U, "1485405810758", 1485405810758.0},
      Row{"2852728877913", 7U, "2852728877913", 407532696844.7143},
      Row{"-89283838389923.259533312321", 1U, "-89283838389923.259533312321", -89283838389923.27},
      Row{"-3.01e-15 -551.858e-16 10.8e38 -723.1e-14", 7U,
          "10799999999999999999999999999999999999999999999999927108042e-19", 1.542857142857143e+38},
      Row{"7.1e1", 6405U, "71", 0.011085089773614365},
      Row{"50032675563921805169.38954412625856263215 1059034453692816.73169019134768036 "
          "4445.886891718906267278",
          3U, "50033734598375502432.00812603651251027015", 1.6677911532791835e+19},
      Row{"-9458474844003.26 -560951367430.17239109671305821 267949658242371.48954499934333830 "
          "-4.609013841",
          3U, "257930232030933.44814006163028009", 85976744010311.16},
      Row{"-775355721179 646252954826591 18169977401 9147542 551579947847", 7371165772202209554U,
          "646047358178202", 8.76452081181711e-05},
      Row{"505696395682 -217403 -82 -619848151 5102", 15057189684007154110U, "505076335148",
          3.3543864807950307e-08},
      Row{"-78576555 -77819 50617808501662 625366", 1U, "50617730472654", 50617730472654.0},
      Row{"-4220.097051325393979 -72462488.4765817360326884 7573692.25248294880292 2215498.7719",
          7U, "-62677517.5492501126237474", -8953931.078464301},
      Row{"317308687245461847151216717.6", 7787U, "317308687245461847151216717.6",
          4.074851512077332e+22},
      Row{"3924684568143361544975761129.2223", 1U, "3924684568143361544975761129.2223",
          3.924684568143362e+27},
      Row{"-881842592104539522 -170622469902367028", 2U, "-1052465062006906550",
          -5.2623253100345325e+17},
      Row{"-43950.26 7569.47766191858866", 1U, "-36380.78233808141134", -36380.78233808141},
      Row{"355702838 -30145462 612341342384458 34234217178180099", 4U, "34846558846121933",
          8711639711530483.0},
      Row{"332.80 9.96 218.57 48882.1 -3784.4", 8014U, "45659.03", 5.697408285500375},
      Row{"39.97 29097687401.2989 -92046059.49718264327970567 "
          "30279227800368216847610.34418367135459302690 -99276366036.328273639747",
          18323477071310798765U, "302792278002979461229557876273883278873569e-19",
          1652.4826419384317},
      Row{"86610454908248.93415025231056716548046937 "
          "2892034667828.457623487626853145593200790413851534",
          1U, "89502489576077391773739937420311073670160413851534e-36", 89502489576077.39},
      Row{"6547432637253815.27948406151640 9475410055594427.9550931098696 177660284.7570293434 "
          "-38086038.8198545105362322",
          4U, "16022842832422489.1717520042497678", 4005710708105622.5},
      Row{"45873355282111.1787029670 686445525.9296294 36943.079244 662021034.816508725147 "
          "-3696296384.72184",
          3U, "45871007489230.282245092147", 15290335829743.428},
      Row{"92464.31 58.80 0.10", 3U, "92523.21", 30841.07},
      Row{"658680389944343790202811450841.703150843764817664900923565845754 59145.23028432512255",
          1U, "658680389944343790202811509986933435168887367664900923565845754e-33",
          6.586803899443438e+29},
      Row{"15.302e1 195.73e23 241.652e5 -2.603e38", 8106688278943222623U,
          "-26029999999998042699999999999997583464698e-2", -3.210928939701537e+19},
      Row{"-1.767e13 369.908e-36 -774.090e1 754.953e20", 3U,
          "75495299982329999992259100000000000000000000000000000000369908e-39", 2.516509999411e+22},
      Row{"21.8 120.48 3806.7 11.73", 1U, "3960.71", 3960.71},
      Row{"215.5 162.09 1138.38 -6055.93 -22.9", 7U, "-4562.86", -651.8371428571429},
      Row{"430135463214.59647281158637", 1U, "430135463214.59647281158637", 430135463214.5965},
      Row{"73763693715654974409306529466451918173150509.02715278579030663810176 "
          "-389375286110294716720550156888114891193218844533967039728172.8229826 "
          "-1603216248906174806641348165738298164494.516765657104802",
          7U,
          "-38937528611029464295845965748204665669333072624778716474215831259547131449536189824e-"
          "23",
          -5.562504087289923e+58},
      Row{"15055738870569109535954399052718501349465614.1163450522440706918250939807651217267 "
          "-1751158116481316582124760663.76687182953052569867997592765173 "
          "-56904146336918268.671329148205928757275413233895 39255514941.5028444482471404",
          3U,
          "150557388705691077847962825144978121433016231809885227547566358697048192183917267e-37",
          5.018579623523036e+42},
      Row{"-91828 -406583775 8495318 401", 3U, "-398179884", -132726628.0},
      Row{"1206.88168 -185973.6273 881244534282609.9999521820114406", 3U,
          "881244534097843.2543321820114406", 293748178032614.44},
      Row{"-105.3e10 55.5e10 4.9e7 -585.36e-18 3.77e-12", 4394954526286716378U,
          "-497950999999.99999999999623058536", -1.1330060345828362e-07});
  CAPTURE(row.numbers, row.n);
  const ExactSum sum = sum_of(row.numbers);
  CHECK(text_of(sum) == row.sum);
  CHECK(sum.divided_by(row.n) == row.quotient);
  CHECK(text_of(sum_of(row.sum)) == row.sum);
  CHECK(is_number(row.sum));
}

TEST_CASE("what is too far from the point is refused and changes nothing") {
  struct Row {
    std::string number;
    bool taken;
  };
  const Row row =
      GENERATE(Row{"1e400", true}, Row{"1e401", false}, Row{"10e400", true}, Row{"1.0e401", true},
               Row{"1e-400", true}, Row{"1.000e-400", true}, Row{"1e-401", false},
               Row{"0.1e-400", false}, Row{"0e99999999999999999999", true},
               Row{"1e99999999999999999999", false}, Row{"1e-99999999999999999999", false});
  CAPTURE(row.number);
  ExactSum sum = sum_of("12.5");
  CHECK(sum.add(row.number) == row.taken);
  if (!row.taken) CHECK(text_of(sum) == "12.5");
}

TEST_CASE("a quotient that is no double is nothing") {
  CHECK(!sum_of("5").divided_by(0));
  CHECK(!sum_of("1e400").divided_by(1));
  CHECK(!sum_of("-1e309").divided_by(3));
  CHECK(sum_of("1e309").divided_by(10) == 1e308);
  CHECK(sum_of("1e-400").divided_by(1) == 0.0);
  CHECK(ExactSum().divided_by(7) == 0.0);
  CHECK(sum_of("1e300 -1e300").divided_by(7) == 0.0);
}

TEST_CASE("products and squares are exact") {
  struct Row {
    std::string a, b, product;
  };
  const Row rows[] = {
      {"0", "5", "0"},
      {"-0.5", "0.5", "-0.25"},
      {"123456789012345678", "987654321098765432", "121932631137021794322511812221002896"},
      {"1e200", "1e200", "1e400"},
      {"1e-200", "-3e-200", "-3e-400"},
      {"99999999999999999999999999999999999999999", "-1e-3",
       "-99999999999999999999999999999999999999.999"},
      {"123456789012345678901234567890.5", "123456789012345678901234567890.5",
       "1524157875323883675049535156265965557651425087877625361999025e-2"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.a, row.b);
    const ExactSum product = sum_of(row.a).multiplied(sum_of(row.b));
    CHECK(text_of(product) == text_of(sum_of(row.product)));
    CHECK(text_of(sum_of(row.b).multiplied(sum_of(row.a))) == text_of(product));
    CHECK(product.sign() == (row.product == "0" ? 0 : row.product[0] == '-' ? -1 : 1));
  }
  ExactSum sum;
  CHECK_FALSE(sum.add_square("1e-201"));
  CHECK_FALSE(sum.add_product("1e-201", 2));
  CHECK(text_of(sum) == "0");
  CHECK(sum.add_product("2.50", -3));
  CHECK(sum.add_product("12345678901234567890.5", 2));
  CHECK(text_of(sum) == "24691357802469135773.5");
}

// Numbers of every kind: short, long, tiny, huge, and opposites that cancel.
std::string any_number(std::mt19937_64& random) {
  std::string text = random() % 2 == 0 ? "-" : "";
  text += std::to_string(1 + random() % 1000);
  const auto more = random() % 8;
  if (more < 5) text += "." + std::to_string(random() % 10000);
  if (more == 5) text += std::to_string(random()) + std::to_string(random());
  if (more == 6) text += "e" + std::to_string(static_cast<int>(random() % 700) - 350);
  if (more == 7) text += "." + std::to_string(random()) + std::to_string(random());
  return text;
}

TEST_CASE("no order of addition shows, nor how a sum was put together") {
  std::mt19937_64 random(6);
  for (int i = 0; i < 400; ++i) {
    ExactSum forward, backward, left, right;
    std::vector<std::string> numbers(1 + random() % 12);
    for (std::string& number : numbers) number = any_number(random);
    for (const std::string& number : numbers) {
      REQUIRE(forward.add(number));
      REQUIRE((random() % 2 == 0 ? left : right).add(number));
    }
    for (auto it = numbers.rbegin(); it != numbers.rend(); ++it) REQUIRE(backward.add(*it));
    const std::string text = text_of(forward);
    CAPTURE(numbers);
    REQUIRE(text_of(backward) == text);
    REQUIRE(text_of(sum_of(text)) == text);

    ExactSum both = left;
    both.add(right);
    REQUIRE(text_of(both) == text);
    const std::uint64_t n = 1 + random() % 1000;
    REQUIRE(both.divided_by(n) == forward.divided_by(n));
    both.subtract(right);
    REQUIRE(text_of(both) == text_of(left));
    both.subtract(both);
    REQUIRE(text_of(both) == "0");
    forward.add(forward);
    backward.add(text);
    REQUIRE(text_of(forward) == text_of(backward));
  }
}

// (a + b)^2 = a^2 + 2 a b + b^2, however a and b are held.
TEST_CASE("squares agree with products") {
  std::mt19937_64 random(8);
  for (int i = 0; i < 400; ++i) {
    const std::string a = any_number(random);
    const std::string b = any_number(random);
    ExactSum parts;
    if (!parts.add_square(a) || !parts.add_square(b)) continue;
    const ExactSum cross = sum_of(a).multiplied(sum_of(b));
    parts.add(cross);
    parts.add(cross);
    const ExactSum whole = sum_of(a + " " + b);
    CAPTURE(a, b);
    CHECK(text_of(whole.multiplied(whole)) == text_of(parts));
  }
}

TEST_CASE("sums of amounts agree with 64-bit arithmetic") {
  std::mt19937_64 random(7);
  ExactSum sum;
  std::int64_t cents = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto amount = static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
    const std::int64_t magnitude = amount < 0 ? -amount : amount;
    std::string text = (amount < 0 ? "-" : "") + std::to_string(magnitude / 100);
    const std::string hundredths = std::to_string(100 + magnitude % 100).substr(1);
    if (hundredths != "00" || i % 2 == 0) text += "." + hundredths;
    REQUIRE(sum.add(text));
    cents += amount;
  }
  ExactSum expected = sum_of(std::to_string(cents) + "e-2");
  CHECK(text_of(sum) == text_of(expected));
  CHECK(sum.divided_by(20000) == static_cast<double>(cents) / 2000000.0);
}

TEST_CASE("copies are independent, also of wide sums") {
  const std::string start = GENERATE("12.5", "1e300 1e-300");
  ExactSum sum = sum_of(start);
  const std::string before = text_of(sum);
  ExactSum copy = sum;
  ExactSum assigned;
  assigned = sum;
  const ExactSum& alias = assigned;
  assigned = alias;
  REQUIRE(sum.add("1"));
  CHECK(text_of(copy) == before);
  CHECK(text_of(assigned) == before);
  const ExactSum moved = std::move(copy);
  CHECK(text_of(moved) == before);
}

TEST_CASE("a sum beyond 10^400 still reads back") {
  ExactSum sum = sum_of("9e400");
  for (int i = 0; i < 70; ++i) sum.add(sum);
  const std::string text = text_of(sum);
  CHECK(text_of(sum_of(text)) == text);
}

}  // namespace
}  // namespace streamutils
