#!/usr/bin/env -S dotnet --
#:property PublishAot=false
#:property Optimize=true
#:property TieredCompilation=false
#:property InvariantGlobalization=true

// Lesson 0: a table of counts. How often does each letter follow each other one? Whoever knows that can invent names.
// New: all that surrounds a model: tokens, the loss, sampling. It stays the same; from here on only the model grows.
// Why: it is the simplest model that learns at all, and not a bad one. Whatever comes later has to beat it.
// Run: dotnet run lessons/0-bigram.cs. Last loss, of step 1000: 2.7177 on makemore's names, 2.3195 on data/names.txt.
// In shapes, [n] is a vector, [rows, columns] a matrix. PythonRandom, at the end, is no part of the lesson.
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

static class Program {
    // Settings: change a number, run again, see what becomes of the names.
    const int blockSize = 16;         // where a sample is cut off; from lesson 3 on, all that the model can see
    const int numSteps = 1000;        // training steps, one document each
    const int seed = 42;              // same seed, same random numbers, same result

    // Data set: a text file, one document on each line. Here a document is a first name, and we want more like them.
    // It is input.txt, if there; else 32,033 names, downloaded to input.txt; else the 1,886 in data, one folder up.
    public static string[] Load([CallerFilePath] string source = "") {
        const string url = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt";
        if (Path.Exists("input.txt")) return Read("input.txt");
        try {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
            File.WriteAllBytes("input.txt.part", http.GetByteArrayAsync(url).GetAwaiter().GetResult());
            File.Move("input.txt.part", "input.txt"); // the whole of it or nothing
            return Read("input.txt");
        } catch (Exception e) when (e is not InvalidDataException) {
            var shipped = Path.Join(Path.GetDirectoryName(source), "..", "data", "names.txt");
            if (!File.Exists(shipped)) throw new InvalidDataException($"no input.txt, and no download: {e.Message}");
            Console.Error.WriteLine($"no input.txt, and no download ({e.Message}); reading {shipped}");
            return Read(shipped);
        }
    }
    // Each line of the file, trimmed, is a document, unless it is empty. (Python trims what \s matches, and \x1c-\x1f.)
    public static string[] Read(string path) {
        try {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
            var docs = Regex.Matches(text, @"[^\s\x1c-\x1f]([^\r\n]*[^\s\x1c-\x1f])?").Select(doc => doc.Value).ToArray();
            return docs.Length > 0 ? docs : throw new IOException("it holds no documents");
        } catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException) {
            throw new InvalidDataException($"can't learn from {path}: {e.Message}");
        }
    }

    // Tokenizer: a model knows numbers, not letters. Each character of the data set is a token, 0, 1, 2, ...; one more,
    // BOS (beginning of sequence), stands before and after each document: it starts a name and says when one is over.
    public sealed class Tokenizer(IEnumerable<string> docs) {
        readonly Rune[] uchars = [.. docs.SelectMany(doc => doc.EnumerateRunes()).Distinct().Order()];
        public int BOS => uchars.Length;
        public int[] Encode(string doc) => [BOS, .. doc.EnumerateRunes().Select(c => Array.BinarySearch(uchars, c)), BOS];
        public Rune Decode(int token) => uchars[token];
    }

    // Model: bigrams (pairs): a table, counts [vocabSize, vocabSize], of how often each token was followed by each.
    // (vocabSize: the number of tokens, 27 for the names.)
    public static double Sum(int n, Func<int, double> term) {
        double sum = 0;
        for (var i = 0; i < n; i++) sum += term(i);
        return sum;
    }
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

        // Training: the loss tells how surprised the model is by a document, position by position: the mean of -log(p), p
        // the probability it gave the token that really came next. Then count the pairs, take the next document.
        for (var step = 0; step < numSteps; step++) {
            var tokens = tokenizer.Encode(docs[step % docs.Length]);
            var n = tokens.Length - 1; // n tokens to predict
            var loss = 1.0 / n * Sum(n, i => -Math.Log(Bigram(counts, tokens[i])[tokens[i + 1]]));
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
        try { Run(); return 0; } catch (InvalidDataException e) { Console.Error.WriteLine(e.Message); return 1; }
    }
}

// Random numbers exactly as CPython makes them (Mersenne Twister), so that microgpt.py and this start and draw alike.
sealed class PythonRandom {
    readonly uint[] mt = [19650218, .. new uint[623]];
    int next;
    double? spare;
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
        var x = Random() * weights[^1];
        return Math.Min(weights.Count(w => w <= x), weights.Length - 1);
    }
}
