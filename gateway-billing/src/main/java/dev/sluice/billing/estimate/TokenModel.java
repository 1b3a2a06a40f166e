package dev.sluice.billing.estimate;

/**
 * The fixed linear model behind {@link TextSums}: how many tokens of o200k_base a character adds,
 * by what kind it is, what kind the one before was, and how far into its word it stands.
 *
 * <p>A tokenizer cuts a text at word starts, case changes, punctuation and digits, and cuts words
 * that are rare; nearly all of that is visible in pairs of {@link ByteKind} and in word lengths. So
 * one weight for each pair, and one for each position in a word, fitted by least squares on the
 * relative error (ridge towards a weight of the second kind alone; weights within -0.3 and 3).
 *
 * <p>Fitted on 3,580 request bodies of 150 B to 60 KB, chat messages and tool definitions around
 * pieces of real documents: manuals in English, French, German, Czech, Greek, Russian, Persian,
 * Thai, Tamil, Chinese, Japanese and Korean; Python, JavaScript, Java, C and shell; JSON. A quarter
 * with every character outside ASCII escaped, as Python does. Target: o200k_base of the texts, plus
 * 4 a message and 3 a request (the OpenAI cookbook's rule), plus tool definitions as compact JSON.
 *
 * <p>On as many bodies from other documents of the same kinds the median of estimate / target is
 * 0.99 (prose), 0.99 (CJK), 1.00 (code), 0.99 (tools and JSON). Around that median the error is, as
 * median and 95th percentile, all languages of a class together: prose 2.1 % and 9 %, CJK 2.0 % and
 * 9 %, code 3.3 % and 13 %, tools 1.3 % and 4 %; JSON with many numbers inside a message 4 % and 46
 * %. A script that is in none of the documents is estimated as it comes.
 */
final class TokenModel {

  /** Unit of weights: thousandths of a token. */
  static final long PER_TOKEN = 1_000;

  /** A row for each first kind, of one weight for each second kind. */
  private static final String PAIR_WEIGHTS =
      """
      -292 46 -574 478 17 735 524 735 -4 246 1086 1117 -161 996 -592
      684 -223 -300 2162 390 310 385 417 1084 647 774 719 -592 509 771
      -292 23 -574 530 406 728 566 1101 -592 -122 1274 -175 956 1656 1498
      1235 985 -300 2617 94 498 -50 -167 1600 632 516 677 76 871 940
      -292 13 -574 478 17 735 524 735 -4 246 1086 1117 -161 996 -592
      684 -223 -300 2162 390 310 385 417 1084 647 774 719 -592 509 771
      -292 -100 -574 354 26 503 969 1000 286 317 1145 364 21 37 409
      597 -84 252 1640 383 307 319 412 633 496 774 862 -389 509 474
      -292 183 8 437 433 205 737 972 930 525 1059 940 -131 823 631
      577 469 -187 1740 390 310 359 436 692 555 774 527 -592 509 846
      -292 52 -574 296 68 719 1594 1186 118 706 1071 1293 -23 1271 880
      924 -592 816 2063 390 310 398 417 1180 815 774 490 -592 509 920
      -292 -532 -574 350 18 839 391 1404 -357 828 963 1753 -351 929 805
      668 56 -300 2654 395 310 359 418 1068 677 774 762 -433 509 638
      -292 -101 -592 764 -221 894 1855 347 -592 1555 716 2708 774 1857 -592
      171 804 -300 2162 390 312 385 409 1077 598 774 750 -445 509 1162
      -292 -592 -55 -300 1906 3000 10 1260 -4 369 1097 1206 -592 1078 631
      320 -316 -164 2262 302 -68 362 448 981 250 737 545 -591 509 273
      -292 649 -574 -300 -134 -300 117 487 -560 97 1260 1021 485 1020 2062
      844 920 -300 2164 270 239 472 1202 1089 758 -305 949 -592 509 288
      -292 -326 -574 104 -133 744 621 647 -22 244 121 1831 119 973 259
      1228 -163 -300 2162 390 310 385 435 1084 647 774 719 -592 509 354
      -292 36 -574 1280 832 823 248 662 -91 32 1087 508 640 956 557
      1501 -55 -285 2162 446 423 412 439 1267 815 2708 736 -368 509 543
      -292 346 781 674 357 313 729 -592 -226 593 821 2504 661 1412 1995
      472 901 -300 2133 386 280 436 280 1258 615 771 719 -590 509 1312
      -292 149 -574 424 -300 700 134 1026 -314 1006 1062 1181 -83 944 643
      111 -103 288 2150 63 359 864 612 1139 647 774 700 -592 509 295
      -292 -56 -592 849 -287 550 279 2171 1508 -437 1486 1187 -132 519 -506
      555 572 -300 2127 93 610 299 352 1202 498 566 857 -592 509 910
      -292 -112 -574 523 166 1260 117 1296 -310 -370 1187 -256 154 592 612
      112 288 -300 2162 433 657 104 192 931 852 501 1091 -390 509 370
      -292 1104 -574 651 683 770 395 -250 -330 392 1086 1349 -4 1254 792
      299 51 -257 2172 390 506 394 914 1099 647 903 804 -438 509 828
      -292 219 -574 566 64 674 524 735 -290 204 1086 1119 -316 995 503
      563 -57 -187 1854 390 310 385 417 1160 647 774 719 -592 509 777
      -292 -579 -574 675 384 455 524 735 -36 243 1086 1117 -398 979 375
      685 -223 -200 2252 390 310 385 417 1084 647 774 719 -592 509 758
      -292 -525 -574 471 17 735 524 735 327 222 1086 1196 426 702 415
      651 -218 -300 2162 624 310 385 417 1084 647 774 719 -592 509 771
      -292 55 -574 476 17 739 524 735 -269 203 1086 1152 407 1039 471
      742 -187 -300 2162 390 299 385 423 1043 647 774 719 -592 509 765
      -292 -162 -574 478 17 735 524 735 208 239 1086 1140 -71 1473 630
      754 -213 -300 2162 390 310 611 417 612 647 774 719 -592 509 764
      -292 -66 -574 497 17 735 524 735 -212 115 1103 922 1080 967 685
      390 -197 -300 2162 390 310 385 520 1084 647 774 719 -592 509 771
      -292 264 -574 -300 111 635 858 749 57 274 1086 1277 -88 1051 438
      853 -206 -294 2162 390 270 -148 366 949 772 508 719 -592 509 767
      -292 254 -574 775 53 734 523 839 -301 -592 1086 1249 -234 996 452
      847 -219 -300 2162 390 310 385 417 1220 698 1311 719 -419 509 771
      -292 -258 -574 478 17 735 524 735 -80 526 1086 2708 27 996 109
      420 -95 -300 2162 390 310 385 417 758 125 959 719 -592 509 1001
      -292 -143 -574 478 17 735 524 735 -175 309 1086 1069 -171 977 712
      1067 -138 -300 2162 390 310 385 417 1084 647 774 823 -592 509 577
      -292 572 -574 533 368 733 -96 806 16 243 1086 1336 -178 996 391
      1097 -77 -300 2162 390 310 385 417 1119 820 -592 719 -289 509 774
      -292 382 -574 478 17 735 524 735 -43 285 1086 1099 -161 996 385
      684 -223 -300 2162 390 310 385 417 1084 647 774 719 -592 509 771
      -292 -51 -574 597 -79 115 117 899 58 -592 1099 1061 394 141 94
      460 -10 -300 2162 390 357 381 417 1023 653 1041 625 -592 509 47
      """;

  /** By position of a letter in its word, from 1; what is longer goes on like the last. */
  private static final int[] WORD_WEIGHTS = {
    651, -298, -300, -284, -185, -300, -300, 129, -300, 437, -258, -300, -300, -300, -64
  };

  // What an entry packs, from below: marks of code, quotes, CJK characters, weight (signed).
  static final int QUOTE_SHIFT = 12;
  static final int CJK_SHIFT = 23;
  static final int WEIGHT_SHIFT = 34;
  static final long CODE_MASK = 0xFFF;
  static final long COUNT_MASK = 0x7FF;

  /** Longest text, in bytes, over which entries may be summed before a field runs over. */
  static final int SUM_BYTES_MAX = 1_000;

  /** From here on, all positions in a word weigh the same. */
  static final int POSITION_MAX = WORD_WEIGHTS.length;

  private TokenModel() {}

  /** By first kind times 32, plus second kind. */
  static long[] pairs() {
    long[] pairs = new long[32 * 32];
    String[] weights = PAIR_WEIGHTS.strip().split("\\s+", -1);
    for (int first = 0; first < ByteKind.COUNT; first++) {
      for (int second = 0; second < ByteKind.COUNT; second++) {
        long weight = Long.parseLong(weights[first * ByteKind.COUNT + second]);
        pairs[first << 5 | second] = (weight << WEIGHT_SHIFT) + marks(first, second);
      }
    }
    return pairs;
  }

  /** By position in a word: 0, no letter, weighs nothing. Long enough for a word of one sum. */
  static long[] words() {
    long[] words = new long[POSITION_MAX + SUM_BYTES_MAX + 1];
    for (int position = 1; position < words.length; position++) {
      int known = Math.min(position, WORD_WEIGHTS.length);
      words[position] = (long) WORD_WEIGHTS[known - 1] << WEIGHT_SHIFT;
    }
    return words;
  }

  /** Brackets, operators, tabs and indents are twice, once as often in code as elsewhere. */
  private static long marks(int first, int second) {
    return switch (second) {
      case ByteKind.BRACKET,
          ByteKind.OPERATOR,
          ByteKind.SIGN,
          ByteKind.HYPHEN,
          ByteKind.ESCAPED_BLANK ->
          2;
      case ByteKind.SPACE -> first == ByteKind.ESCAPED_LINE ? 3 : first == ByteKind.SPACE ? 1 : 0;
      case ByteKind.QUOTE, ByteKind.ESCAPED_QUOTE -> 1L << QUOTE_SHIFT;
      case ByteKind.KANA, ByteKind.HAN, ByteKind.HANGUL -> 1L << CJK_SHIFT;
      default -> 0;
    };
  }
}
