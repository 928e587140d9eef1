#!/usr/bin/env -S dotnet --
#:property TargetFramework=net10.0
#:property LangVersion=latest
#:property ImplicitUsings=enable
#:property CheckForOverflowUnderflow=false
#:property WarningLevel=0
#:property PublishAot=false
#:property Optimize=true
#:property TieredCompilation=false
#:property InvariantGlobalization=true
// Lesson 0: a table of counts. How often does each letter follow each other one? Whoever knows that can invent names.
// New: all that surrounds a model: tokens, the loss, sampling. It stays the same; from here on only the model grows.
// Why: it is the simplest model that learns at all, and not a bad one. Whatever comes later has to beat it.
// Run: dotnet run lessons/0-bigram.cs. Last loss, of step 1000: 2.7177 on makemore's names, 2.3195 on data/names.txt.
// In shapes, [n] is a vector, [rows, columns] a matrix. PythonRandom, at the end, is no part of the lesson.
using System.Text;
using System.Text.RegularExpressions;

static class Program {
    // Settings: change a number, run again, see what becomes of the names.
    const int blockSize = 16;         // where a sample is cut off; from lesson 3 on, all that the model can see
    const int numSteps = 1000;        // training steps, one document each
    const long seed = 42;             // same seed, same random numbers, same result

    // Data set: a text file, one document (a first name) per line: input.txt, or a download, or data/names.txt.
    static string[] Load() {
        const string url = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt";
        if (Path.Exists("input.txt")) return Read("input.txt");
        try {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
            File.WriteAllBytes("input.txt.part", http.GetByteArrayAsync(url).GetAwaiter().GetResult());
            File.Move("input.txt.part", "input.txt"); // all of it or nothing
        } catch (Exception e) {
            var names = Path.Join((string?)AppContext.GetData("EntryPointFileDirectoryPath"), "..", "data", "names.txt");
            if (!File.Exists(names)) throw new InvalidDataException($"no input.txt, and no download: {e.Message}");
            Complain($"no input.txt, and no download ({e.Message}); reading {names}"); return Read(names);
        }
        return Read("input.txt");
    }
    public static string[] Read(string path) { // trimmed lines, none empty; Python trims what \s matches, and \x1c-\x1f
        try {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
            var docs = Regex.Matches(text, @"[^\s\x1c-\x1f]([^\r\n]*[^\s\x1c-\x1f])?").Select(doc => doc.Value).ToArray();
            return docs.Length > 0 ? docs : throw new IOException("it holds no documents");
        } catch (SystemException e) { throw new InvalidDataException($"can't learn from {path}: {e.Message}"); }
    }

    // Tokenizer: each character of the data becomes a number, its token; one more, BOS, stands at both ends of a name.
    public sealed class Tokenizer(IEnumerable<string> docs) {
        readonly Rune[] uchars = [.. docs.SelectMany(doc => doc.EnumerateRunes()).Distinct().Order()];
        public int BOS => uchars.Length;
        public int[] Encode(string doc) => [BOS, .. doc.EnumerateRunes().Select(c => Array.BinarySearch(uchars, c)), BOS];
        public Rune Decode(int token) => uchars[token];
    }

    // Model: bigrams (pairs): a table, counts [vocabSize, vocabSize], of how often each token was followed by each.
    // (vocabSize: the number of tokens, 27 for the names.)
    // A token -> probs [vocabSize]: how likely each token is to come next: its share of the row. 1 is added to every
    // count, so that what was never seen is rare, not impossible. (p = 0 would make the loss infinite if it came.)
    public static double[] Bigram(int[][] counts, int token) {
        double total = counts[token].Sum() + counts.Length;
        return [.. counts[token].Select(count => (count + 1) / total)];
    }

    static void Run() {
        var (random, docs) = (new PythonRandom(seed), Load());
        random.Shuffle(docs);
        var tokenizer = new Tokenizer(docs);
        int[][] counts = [.. Enumerable.Range(0, tokenizer.BOS + 1).Select(_ => new int[tokenizer.BOS + 1])]; // all 0
        Console.Write($"num docs: {docs.Length}\nvocab size: {tokenizer.BOS + 1}\n");
        // Training: the loss is the mean surprise at a document: -log(p), p the probability of what really came next.
        for (var step = 0; step < numSteps; step++) {
            var tokens = tokenizer.Encode(docs[step % docs.Length]);
            var n = tokens.Length - 1; // n tokens to predict
            double sum = 0;
            for (var i = 0; i < n; i++) sum += -Math.Log(Bigram(counts, tokens[i])[tokens[i + 1]]);
            var loss = 1.0 / n * sum;
            for (var i = 0; i < n; i++) counts[tokens[i]][tokens[i + 1]]++; // this is all the learning
            Console.Write($"step {step + 1,4} / {numSteps,4} | loss {loss:F4}\n");
        }
        // Inference: begin with BOS, draw a token by its probability, feed it back in, until the model draws BOS.
        Console.Write("\n--- inference (new, hallucinated names) ---\n");
        for (var sample = 1; sample <= 20; sample++) {
            var (token, text) = (tokenizer.BOS, "");
            for (var i = 0; i < blockSize; i++) {
                token = random.Choice(Bigram(counts, token));
                if (token == tokenizer.BOS) break;
                text += tokenizer.Decode(token);
            }
            Console.Write($"sample {sample,2}: {text}\n");
        }
    }
    static int Main() {
        try { Console.OutputEncoding = Encoding.UTF8; Run(); return 0; } catch (InvalidDataException e) {
            return Complain(e.Message);
        } catch (IOException e) { return Complain($"can't print: {e.Message}"); } catch (UnauthorizedAccessException) {
            return Complain("can't print: stdout is closed");
        } catch (OutOfMemoryException) { return Complain("not enough memory for this data set and these settings"); }
    }
    static int Complain(string why) { try { Console.Error.WriteLine(why); } catch (SystemException) { } return 1; }
}

// Random numbers exactly as CPython makes them (Mersenne Twister), so that microgpt.py and this start and draw alike.
sealed class PythonRandom {
    readonly uint[] mt = [19650218, .. new uint[623]];
    int next; double? spare;
    public PythonRandom(Int128 seed) {
        var (key, word) = (new List<uint>(), mt[0]);
        for (seed = Int128.Abs(seed); key.Count == 0 || seed > 0; seed >>= 32) key.Add((uint)(seed & uint.MaxValue));
        for (uint i = 1; i < 624; i++) mt[i] = 1812433253 * (mt[i - 1] ^ mt[i - 1] >> 30) + i;
        for (var k = 0; k < 624 + 623; k++) {
            var (i, j) = (1 + k % 623, k % key.Count);
            word ^= word >> 30;
            mt[i] = word = k < 624 ? (mt[i] ^ word * 1664525) + key[j] + (uint)j : (mt[i] ^ word * 1566083941) - (uint)i;
        }
        mt[0] = 0x80000000;
    }
    uint Next() {
        var y = mt[next] & 0x80000000 | mt[(next + 1) % 624] & 0x7fffffff;
        y = mt[next] = mt[(next + 397) % 624] ^ y >> 1 ^ (y & 1) * 0x9908b0df;
        next = (next + 1) % 624;
        y ^= y >> 11; y ^= y << 7 & 0x9d2c5680; y ^= y << 15 & 0xefc60000;
        return y ^ y >> 18;
    }
    public double Random() => ((Next() >> 5) * 67108864.0 + (Next() >> 6)) / 9007199254740992.0; // 53 bits, in [0, 1)
    public double Gauss(double mu, double sigma) {
        if (spare is double z) { spare = null; return mu + z * sigma; }
        var (angle, radius) = (Random() * (2 * Math.PI), Math.Sqrt(-2 * Math.Log(1 - Random())));
        spare = Math.Sin(angle) * radius;
        return mu + Math.Cos(angle) * radius * sigma;
    }
    public void Shuffle<T>(T[] items) {
        for (var i = items.Length - 1; i > 0; i--) {
            uint j;
            do j = Next() >> (int)uint.LeadingZeroCount((uint)i + 1); while (j > i);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
    public int Choice(double[] weights) { // overwrites weights with their running sums
        for (var i = 1; i < weights.Length; i++) weights[i] += weights[i - 1];
        if (!double.IsFinite(weights[^1])) throw new InvalidDataException("the model's probabilities are not numbers");
        var x = Random() * weights[^1];
        return Math.Min(weights.Count(w => w <= x), weights.Length - 1);
    }
}
