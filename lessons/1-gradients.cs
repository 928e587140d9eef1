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
// Lesson 1: gradients. In place of the table, a small neural network: it too learns which letter follows which.
// New: parameters, random at first; Softmax, for probabilities; the gradient: how to move each; SGD, which moves them.
// Why: counting can fill a table and nothing else. Following the gradient can train whatever computes a loss.
// Run: dotnet run lessons/1-gradients.cs. Last loss, of step 801: 2.2449 on makemore's names, 2.3564 on data/names.txt.
// In shapes, [n] is a vector, [rows, columns] a matrix. PythonRandom, at the end, is no part of the lesson.
using System.Text;
using System.Text.RegularExpressions;
using Matrices = System.Collections.Generic.OrderedDictionary<string, double[][]>;

static class Program {
    // Settings: change a number, run again, see what becomes of the names.
    const int nEmbd = 16;             // width: how many numbers describe a token inside the model
    const int blockSize = 16;         // where a sample is cut off; from lesson 3 on, all that the model can see
    const int numSteps = 1000;        // training steps, one document each
    const double learningRate = 1.0;  // the first step is this times the gradient; the rate shrinks evenly towards 0
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

    // Parameters: all the model knows, random at first: matrices [nOut, nIn], in the order in which Python draws them.
    public static Matrices Initialize(int vocabSize, PythonRandom random) {
        Matrices stateDict = []; // wte: a row per token; mlp_fc1: from x to hidden; mlp_fc2: to a score per token
        Make("wte", vocabSize, nEmbd); Make("mlp_fc1", 4 * nEmbd, nEmbd); Make("mlp_fc2", vocabSize, 4 * nEmbd);
        return stateDict;
        void Make(string key, int nOut, int nIn) => stateDict[key] = [.. Enumerable.Range(0, nOut).Select(_ => Row(nIn))];
        double[] Row(int nIn) => [.. Enumerable.Range(0, nIn).Select(_ => random.Gauss(0, 0.08))];
    }

    // Zeros: a matrix of zeros for each matrix, same shape. All: all numbers of all matrices, one after the other.
    static Matrices Zeros(Matrices stateDict) {
        Matrices zeros = [];
        foreach (var (name, matrix) in stateDict) zeros[name] = [.. matrix.Select(row => new double[row.Length])];
        return zeros;
    }
    static double[] All(Matrices matrices) => [.. matrices.Values.SelectMany(matrix => matrix).SelectMany(row => row)];

    // Model: a network of two layers, an MLP (multi-layer perceptron). It sees one token, as the table of lesson 0 did.
    static double Dot(double[] a, double[] b) {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
    // x [nIn], w [nOut, nIn] -> [nOut]: each output is a weighted sum of all inputs, its weights a row of w.
    public static double[] Linear(double[] x, double[][] w) => [.. w.Select(row => Dot(row, x))];
    // [n] -> [n]: any numbers become probabilities, which add up to 1. Minus max: the same result, but no exp overflows.
    public static double[] Softmax(double[] logits) {
        var max = logits.Max();
        double[] exps = [.. logits.Select(logit => Math.Exp(logit - max))];
        var total = exps.Aggregate(0.0, (sum, e) => sum + e);
        return [.. exps.Select(e => e / total)];
    }
    // A token -> logits [vocabSize]: a score for each token that could come next.
    public static double[] Mlp(Matrices stateDict, int token) {
        var x = stateDict["wte"][token]; // [nEmbd]: which token
        // MLP: widen, set what is negative to 0 (else two Linears in a row would be one Linear), then score.
        var hidden = Linear(x, stateDict["mlp_fc1"]); // [4 * nEmbd]
        return Linear([.. hidden.Select(xi => Math.Max(xi, 0))], stateDict["mlp_fc2"]);
    }

    // The loss of one document, see Training below.
    public static double Loss(Matrices stateDict, int[] tokens) {
        var n = tokens.Length - 1; // n tokens to predict
        double sum = 0;
        for (var i = 0; i < n; i++) sum += -Math.Log(Softmax(Mlp(stateDict, tokens[i]))[tokens[i + 1]]);
        return 1.0 / n * sum;
    }

    // The gradient: for each parameter, how fast the loss grows as the parameter grows: the derivative.
    // By trying: move one parameter a little and see how far the loss moves. It takes a run of the model per parameter.
    public static (double Loss, Matrices Gradient) NumericalGradient(Matrices stateDict, int[] tokens) {
        const double eps = 1e-5; // a little
        var (loss, gradient) = (Loss(stateDict, tokens), Zeros(stateDict));
        foreach (var (name, matrix) in stateDict)
            for (var i = 0; i < matrix.Length; i++)
                for (var j = 0; j < matrix[i].Length; j++) {
                    var old = matrix[i][j];
                    matrix[i][j] = old + eps;
                    gradient[name][i][j] = (Loss(stateDict, tokens) - loss) / eps;
                    matrix[i][j] = old;
                }
        return (loss, gradient);
    }
    // By thinking: the chain rule. If y depends on x, and the loss on y, then d(loss)/dx = d(loss)/dy * dy/dx. So walk
    // back from the loss, line by line, to what each was computed from: all derivatives in one run forward and one back.
    public static (double Loss, Matrices Gradient) AnalyticGradient(Matrices stateDict, int[] tokens) {
        var (n, loss, gradient) = (tokens.Length - 1, 0.0, Zeros(stateDict));
        for (var t = 0; t < n; t++) {
            // Forward: Mlp and Loss again, but what is computed on the way is kept.
            var (token, target) = (tokens[t], tokens[t + 1]);
            var x = stateDict["wte"][token];
            var hidden = Linear(x, stateDict["mlp_fc1"]);
            double[] relu = [.. hidden.Select(xi => Math.Max(xi, 0))];
            var probs = Softmax(Linear(relu, stateDict["mlp_fc2"]));
            loss -= Math.Log(probs[target]);
            // Backward: dY stands for d(loss)/dY. That of log and Softmax together is simple: the probability each token
            // was given, less the one it should have been given, 1 for the target, 0 for the others.
            double[] dLogits = [.. probs.Select(p => p / n)];
            dLogits[target] -= 1.0 / n;
            var dRelu = LinearBackward(dLogits, relu, stateDict["mlp_fc2"], gradient["mlp_fc2"]);
            double[] dHidden = [.. dRelu.Zip(hidden, (d, xi) => xi > 0 ? d : 0)]; // what was set to 0 had no influence
            var dX = LinearBackward(dHidden, x, stateDict["mlp_fc1"], gradient["mlp_fc1"]);
            for (var j = 0; j < nEmbd; j++) gradient["wte"][token][j] += dX[j];
        }
        return (1.0 / n * loss, gradient);
    }
    // y = Linear(x, w): y[i] grows w[i][j] times as fast as x[j], and x[j] times as fast as w[i][j]. Many uses: +=.
    static double[] LinearBackward(double[] dY, double[] x, double[][] w, double[][] dW) {
        var dX = new double[x.Length];
        for (var i = 0; i < dY.Length; i++)
            for (var j = 0; j < x.Length; j++) {
                dW[i][j] += dY[i] * x[j];
                dX[j] += w[i][j] * dY[i];
            }
        return dX;
    }

    // SGD, stochastic gradient descent, the optimizer: after each document every parameter moves against its gradient.
    public static void Sgd(Matrices stateDict, Matrices gradient, double rate) {
        foreach (var (name, matrix) in stateDict)
            for (var i = 0; i < matrix.Length; i++)
                for (var j = 0; j < matrix[i].Length; j++) matrix[i][j] -= rate * gradient[name][i][j];
    }

    static void Run() {
        if (new[] { nEmbd, blockSize, temperature }.Min() is not > 0 || !double.IsFinite(learningRate)) throw new
            InvalidDataException("impossible settings: nEmbd, blockSize, temperature must be > 0, learningRate finite");
        var (random, docs) = (new PythonRandom(seed), Load());
        random.Shuffle(docs);
        var tokenizer = new Tokenizer(docs);
        var stateDict = Initialize(tokenizer.BOS + 1, random);
        Console.Write($"num docs: {docs.Length}\nvocab size: {tokenizer.BOS + 1}\nnum params: {All(stateDict).Length}\n");
        // Gradient check: both ways must come to the same. Trying is slow, but hard to get wrong; it proves the thinking.
        // (n: numerical, by trying; a: analytic, by thinking.)
        var first = tokenizer.Encode(docs[0]);
        var (tried, thought) = (NumericalGradient(stateDict, first), AnalyticGradient(stateDict, first));
        var maxDiff = All(tried.Gradient).Zip(All(thought.Gradient), (n, a) => Math.Abs(n - a)).Max();
        Console.Write($"gradient check | loss_n {tried.Loss:F6} | loss_a {thought.Loss:F6} | max diff {maxDiff:F8}\n");
        // Training: the loss is the mean surprise at a document: -log(p), p the probability of what really came next.
        for (var step = 0; step < numSteps; step++) {
            var tokens = tokenizer.Encode(docs[step % docs.Length]);
            var (loss, gradient) = AnalyticGradient(stateDict, tokens);
            Sgd(stateDict, gradient, learningRate * (1 - (double)step / numSteps));
            if (step < 5 || step % 200 == 0) Console.Write($"step {step + 1,4} / {numSteps,4} | loss {loss:F4}\n");
        }
        // Inference: begin with BOS, draw a token by its probability, feed it back in, until the model draws BOS.
        Console.Write("\n--- inference (new, hallucinated names) ---\n");
        for (var sample = 1; sample <= 20; sample++) {
            var (token, text) = (tokenizer.BOS, "");
            for (var i = 0; i < blockSize; i++) {
                var probs = Softmax([.. Mlp(stateDict, token).Select(logit => logit / temperature)]);
                token = random.Choice(probs);
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
