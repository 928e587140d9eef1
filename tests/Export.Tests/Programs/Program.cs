using System.Reflection;
using System.Text.Json;

// Draws from each exported class what requests.json asks for, and writes all of it as JSON.
var exports = Assembly.Load("Exports");
var results = new Dictionary<string, object>();
foreach (var request in JsonDocument.Parse(File.ReadAllText(args[0])).RootElement.EnumerateArray())
{
    var type = exports.GetType(request.GetProperty("name").GetString()!)!;
    var answers = new List<object>();
    foreach (var draw in request.GetProperty("draws").EnumerateArray())
    {
        try
        {
            answers.Add(type.GetMethod("Generate")!.Invoke(null,
            [
                draw.GetProperty("count").GetInt32(), long.Parse(draw.GetProperty("seed").GetString()!),
                draw.GetProperty("prompt").GetString(), draw.GetProperty("temperature").GetDouble(),
                draw.GetProperty("minLength").GetInt32(),
            ])!);
        }
        catch (TargetInvocationException e)
        {
            answers.Add(e.InnerException!.Message);
        }
    }
    results[type.Name] = new { answers, logits = Logits(type, request.GetProperty("tokens")) };
}
Console.WriteLine(JsonSerializer.Serialize(results));

// The bits of all logits along a document.
static List<string> Logits(Type type, JsonElement tokens)
{
    const BindingFlags hidden = BindingFlags.NonPublic | BindingFlags.Static;
    var layers = (Array)type.GetField("layers", hidden)!.GetValue(null)!;
    var caches = Array.CreateInstance(type.GetNestedType("Cache", BindingFlags.NonPublic)!, layers.Length);
    for (var i = 0; i < caches.Length; i++)
    {
        caches.SetValue(Activator.CreateInstance(caches.GetType().GetElementType()!, nonPublic: true), i);
    }
    var all = new List<string>();
    foreach (var (position, token) in tokens.EnumerateArray().Index())
    {
        var logits = type.GetMethod("Forward", hidden)!.Invoke(null, [token.GetInt32(), position, caches]);
        var probabilities = type.GetMethod("Softmax", hidden)!.Invoke(null, [logits]);
        all.AddRange(((double[])logits!).Concat((double[])probabilities!)
            .Select(number => BitConverter.DoubleToInt64Bits(number).ToString("x16")));
    }
    return all;
}
