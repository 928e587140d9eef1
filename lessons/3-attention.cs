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
// Lesson 3: attention. Up to here the model saw one letter; now it sees the name so far, and where it stands in it.
// New: wpe, a vector per position; one attention head and its memory, keys and values; RmsNorm; adding to x: residuals.
// Why: what follows an n depends on what came before the n. A table of pairs cannot know that; attention can.
// Run: dotnet run lessons/3-attention.cs. Last loss, of step 801: 2.2230 on makemore's names, 2.1249 on data/names.txt.
// In shapes, [n] is a vector, [rows, columns] a matrix. PythonRandom, at the end, is no part of the lesson.
using System.Text;
using System.Text.RegularExpressions;
using Matrices = System.Collections.Generic.OrderedDictionary<string, Program.Value[][]>;

static class Program {
    // Settings: change a number, run again, see what becomes of the names.
    const int nEmbd = 16;             // width: how many numbers describe a token inside the model
    const int blockSize = 16;         // context: how many tokens the model can see at most
    const int numSteps = 1000;        // training steps, one document each
    const double learningRate = 0.1;  // the first step is this times the gradient; the rate shrinks evenly towards 0
    const double temperature = 0.5;   // for sampling, above 0: near 0 plays safe, 1 trusts the model, more runs wild
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

    // Autograd: a number that remembers what it was computed from, a and b, and how fast it grows with each, da and db.
    public sealed class Value(double data, Value? a = null, double da = 0, Value? b = null, double db = 0) {
        public double Data = data; // the number itself
        public double Grad;        // how fast the loss grows as this number grows: its gradient, found by Backward
        Value? next;               // the value after this one in Backward's list; null: not in the list
        public static implicit operator Value(double data) => new(data);
        public static Value operator +(Value a, Value b) => new(a.Data + b.Data, a, 1, b, 1);
        public static Value operator *(Value a, Value b) => new(a.Data * b.Data, a, b.Data, b, a.Data);
        public static Value operator /(Value a, Value b) => a * b.Pow(-1);
        public static Value operator -(Value a, Value b) => a + -b;
        public static Value operator -(Value a) => a * -1;
        public Value Pow(double n) => new(Math.Pow(Data, n), this, n * Math.Pow(Data, n - 1));
        public Value Log() => new(Math.Log(Data), this, 1 / Data);
        public Value Exp() => new(Math.Exp(Data), this, Math.Exp(Data));
        public Value Relu() => new(Data > 0 ? Data : 0, this, Data > 0 ? 1 : 0);
        // The chain rule, from this value, the loss, back to the parameters. A value may pass its Grad on to its a and b
        // only after every value computed from it has passed on its own. So each is listed in front of its a and b.
        public void Backward() {
            Value end = next = 0, list = end, v = this;
            while (v != end)
                if (v.Unlisted() is Value source) (source.next, v) = (v, source); // go down; next is the way back up
                else (v.next, list, v) = (list, v, v.next!); // a and b are listed: v goes in front of them; go back up
            for (Grad = 1; list != end; (list, list.next) = (list.next!, null)) list.PassOn();
        }
        Value? Unlisted() => a is { next: null, Computed: true } ? a : b is { next: null, Computed: true } ? b : null;
        bool Computed => a != null; // if not, a parameter or a constant, it has nothing to pass on and stays off the list
        void PassOn() { a?.Grad += da * Grad; b?.Grad += db * Grad; }
    }

    // Parameters: all the model knows, random at first: matrices [nOut, nIn], in the order in which Python draws them.
    public static Matrices Initialize(int vocabSize, PythonRandom random) {
        Matrices stateDict = []; // wte: a row per token; wpe: a row per position; lm_head: from x to a score per token
        Make("wte", vocabSize, nEmbd); Make("wpe", blockSize, nEmbd);
        foreach (var use in "qkvo") Make($"attn_w{use}", nEmbd, nEmbd); // query, key, value, output
        Make("mlp_fc1", 4 * nEmbd, nEmbd); Make("mlp_fc2", nEmbd, 4 * nEmbd);
        Make("lm_head", vocabSize, nEmbd);
        return stateDict;
        void Make(string key, int nOut, int nIn) => stateDict[key] = [.. Enumerable.Range(0, nOut).Select(_ => Row(nIn))];
        Value[] Row(int nIn) => [.. Enumerable.Range(0, nIn).Select(_ => random.Gauss(0, 0.08))];
    }

    // Model: GPT-2, simplified: RMSNorm in place of LayerNorm, ReLU in place of GeLU, no biases (constants to add).
    static Value Dot(Value[] a, Value[] b) {
        Value sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
    static Value[] Add(Value[] a, Value[] b) => [.. a.Zip(b, (ai, bi) => ai + bi)];
    // x [nIn], w [nOut, nIn] -> [nOut]: each output is a weighted sum of all inputs, its weights a row of w.
    public static Value[] Linear(Value[] x, Value[][] w) => [.. w.Select(row => Dot(row, x))];
    // [n] -> [n]: the same direction, scaled until the squares average 1, so numbers stay tame (1e-5: never divide by 0).
    public static Value[] RmsNorm(Value[] x) {
        var scale = (Dot(x, x) / x.Length + 1e-5).Pow(-0.5);
        return [.. x.Select(xi => xi * scale)];
    }
    // [n] -> [n]: any numbers become probabilities, which add up to 1. Minus max: the same result, but no exp overflows.
    public static Value[] Softmax(Value[] logits) {
        var max = logits.Max(logit => logit.Data);
        Value[] exps = [.. logits.Select(logit => (logit - max).Exp())];
        var total = exps.Aggregate((Value)0, (sum, e) => sum + e);
        return [.. exps.Select(e => e / total)];
    }
    // What attention remembers of a document, its keys or its values: one vector [nEmbd] per position.
    public static List<Value[]> Cache() => [];
    // A token and its position -> logits [vocabSize]: a score for each token that could come next.
    public static Value[] Gpt(Matrices stateDict, int token, int position, List<Value[]> keys, List<Value[]> values) {
        var x = RmsNorm(Add(stateDict["wte"][token], stateDict["wpe"][position])); // [nEmbd]: which token, and where
        // 1) Attention: look back. The token's query (what it seeks) meets the key (what it offers) of every position
        //    up to its own. The better they agree, the more it takes of the value there (what that position gives).
        var normed = RmsNorm(x); // x itself stays as it is, to be added back below
        var query = Linear(normed, stateDict["attn_wq"]);
        keys.Add(Linear(normed, stateDict["attn_wk"]));
        values.Add(Linear(normed, stateDict["attn_wv"]));
        var head = new List<Value>();
        var weights = Softmax([.. keys.Select(key => Dot(query, key) / Math.Pow(nEmbd, 0.5))]);
        for (var j = 0; j < nEmbd; j++) head.Add(Dot(weights, [.. values.Select(row => row[j])]));
        x = Add(Linear([.. head], stateDict["attn_wo"]), x); // + x: attention adds to what x knew
        // 2) MLP: widen, set what is negative to 0 (else two Linears in a row would be one Linear), bring it back.
        var hidden = Linear(RmsNorm(x), stateDict["mlp_fc1"]); // [4 * nEmbd]
        x = Add(Linear([.. hidden.Select(xi => xi.Relu())], stateDict["mlp_fc2"]), x);
        return Linear(x, stateDict["lm_head"]);
    }

    // SGD, stochastic gradient descent, the optimizer: after each document every parameter moves against its gradient.
    public static void Sgd(Value[] parameters, double rate) {
        foreach (var p in parameters) {
            p.Data -= rate * p.Grad;
            p.Grad = 0;
        }
    }

    static void Run() {
        if (new[] { nEmbd, blockSize, temperature }.Min() is not > 0 || !double.IsFinite(learningRate)) throw new
            InvalidDataException("impossible settings: nEmbd, blockSize, temperature must be > 0, learningRate finite");
        var (random, docs) = (new PythonRandom(seed), Load());
        random.Shuffle(docs);
        var tokenizer = new Tokenizer(docs);
        var stateDict = Initialize(tokenizer.BOS + 1, random);
        Value[] parameters = [.. stateDict.Values.SelectMany(matrix => matrix).SelectMany(row => row)];
        Console.Write($"num docs: {docs.Length}\nvocab size: {tokenizer.BOS + 1}\nnum params: {parameters.Length}\n");
        // Training: the loss is the mean surprise at a document: -log(p), p the probability of what really came next.
        for (var step = 0; step < numSteps; step++) {
            var tokens = tokenizer.Encode(docs[step % docs.Length]);
            var (n, keys, values) = (Math.Min(blockSize, tokens.Length - 1), Cache(), Cache()); // n tokens to predict
            Value sum = 0;
            for (var i = 0; i < n; i++) sum += -Softmax(Gpt(stateDict, tokens[i], i, keys, values))[tokens[i + 1]].Log();
            var loss = 1.0 / n * sum;
            loss.Backward();
            Sgd(parameters, learningRate * (1 - (double)step / numSteps));
            if (step < 5 || step % 200 == 0) Console.Write($"step {step + 1,4} / {numSteps,4} | loss {loss.Data:F4}\n");
            GC.Collect(0); // all values of this step are garbage: cheapest to sweep at once, from the CPU's cache
        }
        // Inference: begin with BOS, draw a token by its probability, feed it back in, until the model draws BOS.
        Console.Write("\n--- inference (new, hallucinated names) ---\n");
        for (var sample = 1; sample <= 20; sample++) {
            var (keys, values, token, text) = (Cache(), Cache(), tokenizer.BOS, "");
            for (var i = 0; i < blockSize; i++) {
                var probs = Softmax([.. Gpt(stateDict, token, i, keys, values).Select(logit => logit / temperature)]);
                token = random.Choice([.. probs.Select(p => p.Data)]);
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
