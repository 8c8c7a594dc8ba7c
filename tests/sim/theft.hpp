#pragma once
// A theft of one shape, laid over the population, and the truth about it: a JSON line for every
// request that gave the thief something (when, through which account, address or server, what), a
// first line that says who is to be named and who must not be, and a last one with the sums.
//
// The rooms come one after the other: join, member list, history, files, at an even pace over the
// hours that the shape allows. Profiles that came before are not counted twice: of a list of n
// people, n × (1 − share known already) are new.

#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "hand.hpp"
#include "shapes.hpp"

namespace sim {

class Theft {
 public:
  /// `scale` of the haul; the first request is due on the day `first_day` (0 is the beginning).
  Theft(const World& world, const Shape& shape, double scale, int first_day, std::FILE* truth);

  void live(int day_number, std::vector<Request>& sink);
  void finish();

 private:
  enum class Kind : unsigned char {
    guess,
    log_in,
    search_people,
    profile,
    join,
    members,
    page,
    sync,
    sliding_sync,
    search,
    context,
    file,
    admin_users,
    admin_rooms,
    admin_page,
    fed_join,
    fed_page,
    fed_file,
    forge
  };

  struct Step {
    Kind kind;
    int account = 0;
    int room = 0;
    int amount = 0;  ///< messages, people or the number of the file
    Milliseconds at = 0;
  };

  struct Taken {
    std::int64_t rooms = 0, messages = 0, files = 0, bytes = 0, profiles = 0, lists = 0;
  };

  void name_actors();
  void plan();
  void plan_people();
  void plan_room(int room, int account);
  void plan_history(int room, int account);
  void plan_guesses();
  void lay_out(int first_day);
  void take(Step step, Random& random, Hand& hand);
  void take_by_account(const Step& step, Hand& hand, Taken& taken);
  void take_as_admin(const Step& step, Hand& hand, Taken& taken);
  void take_as_server(const Step& step, Hand& hand, Taken& taken);
  void forge(const Step& step, Random& random, Hand& hand);
  std::int64_t new_people(std::int64_t listed);
  void tell(const Step& step, const Identity& who, const Taken& taken);

  const World& world_;
  Shape shape_;
  double scale_;
  std::FILE* truth_;
  Random random_;
  std::vector<Step> steps_;
  std::size_t next_ = 0;
  std::vector<std::string_view> accounts_;
  std::vector<std::string_view> agents_;
  std::vector<std::string_view> usual_addresses_;
  std::vector<std::string> addresses_;
  std::string framed_;
  double known_people_ = 0;
  int window_rooms_ = 0;  ///< rooms joined since the last sync of a thief who reads by sync
  int last_room_ = -1;    ///< that an administrator read
  Taken total_;
};

}  // namespace sim
