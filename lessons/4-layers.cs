#!/usr/bin/env -S dotnet --
#:property PublishAot=false
#:property Optimize=true
#:property TieredCompilation=false
#:property InvariantGlobalization=true

// Lesson 4: heads and layers. The whole architecture of microgpt.cs; only the optimizer is still the simple one.
// New: nHead heads, each looking back with its own slice of the vectors; nLayer layers, one after the other.
// Why: one head looks for one thing at a time, four for four. And a further layer can look at what the first one found.
// Run: dotnet run lessons/4-layers.cs. Last loss, of step 801: 2.2216 on makemore's names, 2.1307 on data/names.txt.
// In shapes, [n] is a vector, [rows, columns] a matrix. PythonRandom, at the end, is no part of the lesson.
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Matrices = System.Collections.Generic.OrderedDictionary<string, Program.Value[][]>;

static class Program {
    // Settings: change a number, run again, see what becomes of the names.
    const int nLayer = 1;             // depth: transformer layers, one after the other
    const int nEmbd = 16;             // width: how many numbers describe a token inside the model
    const int blockSize = 16;         // context: how many tokens the model can see at most
    const int nHead = 4;              // attention heads, side by side in each layer; must divide nEmbd
    const int numSteps = 1000;        // training steps, one document each
    const double learningRate = 0.1;  // the first step is this times the gradient; the rate shrinks evenly towards 0
    const double temperature = 0.5;   // for sampling, above 0: near 0 plays safe, 1 trusts the model, more runs wild
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

    // Autograd: a number that knows what it was made from, a and b, only a, or nothing; and its slopes for them: da, db.
    public sealed class Value(double data, Value? a = null, double da = 0, Value? b = null, double db = 0) {
        public double Data = data; // the number itself
        public double Grad;        // the derivative of the loss with respect to it, filled in by Backward
        Value? next;               // in Backward's linked list; null means: not listed
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
        // The chain rule, from this value, the loss, back to all it was computed from. Grad collects one term from each
        // value computed from this one; only then may it be handed on. So the list holds every value before its a and b.
        public void Backward() {
            Value end = 0; // ends the list
            Grad = 1;
            for (Value v = Prepend(end), after; v != end; v = after) { v.HandOn(); (after, v.next) = (v.next!, null); }
        }
        void HandOn() { a?.Grad += da * Grad; b?.Grad += db * Grad; }
        Value Prepend(Value list) {
            if (a == null || next != null) return list; // computed from nothing, or listed already
            list = a.Prepend(next = list); // any next marks this value as listed; the right one follows
            next = b?.Prepend(list) ?? list;
            return this;
        }
    }

    // Parameters: all the model knows, random at first: matrices [nOut, nIn], in the order in which Python draws them.
    public static Matrices Initialize(int vocabSize, PythonRandom random) {
        Matrices stateDict = []; // wte: a row per token; wpe: a row per position; lm_head: from x to a score per token
        Make("wte", vocabSize, nEmbd); Make("wpe", blockSize, nEmbd); Make("lm_head", vocabSize, nEmbd);
        for (var i = 0; i < nLayer; i++) {
            foreach (var use in "qkvo") Make($"layer{i}.attn_w{use}", nEmbd, nEmbd); // query, key, value, output
            Make($"layer{i}.mlp_fc1", 4 * nEmbd, nEmbd); Make($"layer{i}.mlp_fc2", nEmbd, 4 * nEmbd);
        }
        return stateDict;
        void Make(string name, int nOut, int nIn) =>
            stateDict[name] = [.. Enumerable.Range(0, nOut * nIn).Select(_ => (Value)random.Gauss(0, 0.08)).Chunk(nIn)];
    }

    // Model: GPT-2, simplified: RMSNorm in place of LayerNorm, ReLU in place of GeLU, no biases (constants to add).
    public static Value Sum(int n, Func<int, Value> term) {
        Value sum = 0;
        for (var i = 0; i < n; i++) sum += term(i);
        return sum;
    }
    static Value Dot(Value[] a, Value[] b) => Sum(a.Length, i => a[i] * b[i]);
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
        var total = Sum(exps.Length, i => exps[i]);
        return [.. exps.Select(e => e / total)];
    }
    // What attention remembers of a document, its keys or its values: in each layer one vector [nEmbd] per position.
    public static List<Value[]>[] Cache() => [.. Enumerable.Range(0, nLayer).Select(_ => new List<Value[]>())];
    // A token and its position -> logits [vocabSize]: a score for each token that could come next.
    public static Value[] Gpt(Matrices stateDict, int token, int position, List<Value[]>[] keys, List<Value[]>[] values) {
        var headDim = Math.DivRem(nEmbd, nHead).Quotient; // nEmbd / nHead, but that would not compile with nHead = 0
        var x = RmsNorm(Add(stateDict["wte"][token], stateDict["wpe"][position])); // [nEmbd]: which token, and where
        for (var li = 0; li < nLayer; li++) {
            // 1) Attention: look back. The token's query (what it seeks) meets the key (what it offers) of every position
            //    up to its own; the better they agree, the more it takes of the value there. Each head uses a slice.
            var normed = RmsNorm(x); // a copy: what is added back below is x itself (normed above, in layer 0)
            var query = Linear(normed, stateDict[$"layer{li}.attn_wq"]);
            keys[li].Add(Linear(normed, stateDict[$"layer{li}.attn_wk"]));
            values[li].Add(Linear(normed, stateDict[$"layer{li}.attn_wv"]));
            var found = new List<Value>();
            for (var lo = 0; lo < nEmbd; lo += headDim) {
                var head = lo..(lo + headDim);
                var weights = Softmax([.. keys[li].Select(key => Dot(query[head], key[head]) / Math.Pow(headDim, 0.5))]);
                for (var j = lo; j < lo + headDim; j++) found.Add(Dot(weights, [.. values[li].Select(row => row[j])]));
            }
            x = Add(Linear([.. found], stateDict[$"layer{li}.attn_wo"]), x); // + x: attention adds to what x knew
            // 2) MLP: widen, set what is negative to 0 (else two Linears in a row would be one Linear), bring it back.
            var hidden = Linear(RmsNorm(x), stateDict[$"layer{li}.mlp_fc1"]); // [4 * nEmbd]
            x = Add(Linear([.. hidden.Select(xi => xi.Relu())], stateDict[$"layer{li}.mlp_fc2"]), x);
        }
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
        if (new[] { nLayer, nEmbd, blockSize, nHead, temperature }.Min() <= 0 || Math.DivRem(nEmbd, nHead).Remainder > 0)
            throw new InvalidDataException("nLayer, nEmbd, blockSize, nHead, temperature are > 0; nHead divides nEmbd");
        var (random, docs) = (new PythonRandom(seed), Load());
        random.Shuffle(docs);
        var tokenizer = new Tokenizer(docs);
        var stateDict = Initialize(tokenizer.BOS + 1, random);
        Value[] parameters = [.. stateDict.Values.SelectMany(matrix => matrix).SelectMany(row => row)];
        Console.Write($"num docs: {docs.Length}\nvocab size: {tokenizer.BOS + 1}\nnum params: {parameters.Length}\n");

        // Training: the loss tells how surprised the model is by a document, position by position: the mean of -log(p), p
        // the probability it gave the token that really came next. Make it a little smaller, take the next document.
        for (var step = 0; step < numSteps; step++) {
            var tokens = tokenizer.Encode(docs[step % docs.Length]);
            var (n, keys, values) = (Math.Min(blockSize, tokens.Length - 1), Cache(), Cache()); // n tokens to predict
            var loss = 1.0 / n * Sum(n, i => -Softmax(Gpt(stateDict, tokens[i], i, keys, values))[tokens[i + 1]].Log());
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
